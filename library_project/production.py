"""What production refuses though it works: settings under which a library on a network isn't safe."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote, urlsplit

#: Passwords of images, tutorials and this project's own examples.
_DEFAULT_PASSWORDS: Final = frozenset(
    [
        *("", "guest", "postgres", "password", "passwd", "library", "rabbitmq", "admin", "root", "secret"),
        *("test", "tests", "changeme", "change-me", "change_me", "example", "default", "123456", "12345678"),
    ]
)
_PLACEHOLDER: Final = re.compile(
    r"django-insecure|change.?me|placeholder|(your|my|the).?secret|secret.?key|example|replace", re.IGNORECASE
)
#: Names without a dot, and suffixes that no public resolver knows.
_PRIVATE_HOST: Final = re.compile(r"[^.]*|.*\.(localhost|local|internal|lan|home|arpa|test|invalid)")


def unsafe_settings(chosen: Mapping[str, Any]) -> Iterator[str]:
    """Why production can't have these settings, a line each; one that is wrong already may be missing."""
    if not _is_strong(chosen.get("SECRET_KEY")):
        yield "SECRET_KEY must be set in production, to 50 random characters or more."
    if not chosen.get("PUBLIC_URL", "https://").startswith("https://"):
        yield "PUBLIC_URL must be set in production, to https:// and the name of the library's site."
    if chosen.get("DEBUG"):
        yield "DEBUG must be off in production."
    if any(host.startswith(("*", ".")) for host in chosen.get("ALLOWED_HOSTS", [])):
        yield "ALLOWED_HOSTS must name each host in production, without '*' and without a dot in front."
    yield from _default_passwords(chosen)
    if not _is_public(chosen.get("SENDGRID_API_URL", "https://api.sendgrid.com")):
        yield "SENDGRID_API_URL must be https:// and a public host's name in production: the key goes there."
    for name in ("LIBRARY_TESTING", "LIBRARY_FAILPOINTS", "LIBRARY_NOW"):
        if chosen.get(name):
            yield f"{name} is for tests; production refuses it."


def _is_strong(key: str | None) -> bool:
    """Whether the key is long and varied enough, and not an example. Another check reports a missing one."""
    return key is None or (len(key) >= 50 and len(set(key)) >= 8 and not _PLACEHOLDER.search(key))


def _default_passwords(chosen: Mapping[str, Any]) -> Iterator[str]:
    database = urlsplit(chosen.get("DATABASE_URL", ""))
    if database.password is not None and _is_default(database.username, database.password):
        yield "DATABASE_URL has a default password; production needs one of its own."
    if url := chosen.get("RABBITMQ_URL"):
        broker = urlsplit(url)
        if _is_default(broker.username, broker.password or ""):
            yield "RABBITMQ_URL has a default password, or none; production needs a user of its own."
    elif chosen.get("RABBITMQ_HOST") and _is_default(
        chosen.get("RABBITMQ_USER"), chosen.get("RABBITMQ_PASSWORD") or ""
    ):
        yield "RABBITMQ_PASSWORD is a default one; production needs a user of its own."


def _is_default(user: str | None, password: str) -> bool:
    password = unquote(password).lower()
    return password in _DEFAULT_PASSWORDS or password == unquote(user or "").lower()


def _is_public(url: str) -> bool:
    """Whether it is an https address of a name that may be public; of an IP address it never is.

    What a name resolves to is known only when it is asked; numbers in any spelling are recognised here.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".").lower()
    is_number = ":" in host or host.rpartition(".")[2][:1].isdigit()
    return parts.scheme == "https" and not is_number and not _PRIVATE_HOST.fullmatch(host)
