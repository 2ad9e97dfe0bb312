"""What `manage.py check --deploy` says of choices that work, but that a server seldom means."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, register


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


@register(Tags.database, deploy=True)
def demo_logins_are_gone(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:  # Django's
    """Fail while a login that `make run` made still has its printed password (`check --database default`)."""
    file = Path(settings.VAR_DIR) / "demo_logins"
    if not databases or not file.exists():
        return []
    from django.contrib.auth.models import User  # apps are loaded later than their checks

    told = [line.split() for line in file.read_text().splitlines() if line.startswith("login ")]
    known = {name: password for _word, _role, name, password in told}
    users = User.objects.filter(username__in=known, is_active=True).order_by("username")
    names = [user.username for user in users if user.check_password(known[user.username])]
    if not names:
        return []
    hint = "Begin with an empty database, or close them in the administration."
    message = f"Logins of the demo still work: {', '.join(names)}."
    return [Error(message, hint=hint, id="library.E001")]
