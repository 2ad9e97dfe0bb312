"""What `manage.py check --deploy` says of choices that work, but that a server seldom means."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info, register


@register(deploy=True)
def letters_go_out(**_: Any) -> list[CheckMessage]:  # Django's arguments
    """Without a SendGrid key nobody gets a letter unless somebody takes it from its folder (ADR 20)."""
    if settings.SENDGRID_API_KEY:
        return []
    hint = "Set SENDGRID_API_KEY, or let something pick the letters up from there."
    return [Info("Without SENDGRID_API_KEY letters are written to files.", hint=hint, id="library.I001")]


@register(deploy=True)
def database_is_a_server(**_: Any) -> list[CheckMessage]:  # Django's arguments
    """SQLite serves one machine, and one writer at a time."""
    if "sqlite" not in settings.DATABASES["default"]["ENGINE"]:
        return []
    hint = "Good for one branch on one machine; set DATABASE_URL to a PostgreSQL for more."
    return [Info("The database is SQLite, with one writer at a time.", hint=hint, id="library.I002")]
