"""What each setting may be, and what to give instead of a value that it can't be."""

import re
from collections.abc import Callable
from datetime import datetime
from email.utils import parseaddr
from ipaddress import ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from patrons.domain.language import LANGUAGES
from shared_kernel.resilience.failpoints import read_failpoints

Check = Callable[[Any], bool]  # each check knows the type of its own setting

_HOST = re.compile(r"\*|\[[0-9A-Fa-f:.]+\]|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_EXCHANGE = re.compile(r"(?!amq\.)[A-Za-z0-9_.:-]{1,127}")
_DAY = 86_400


def expected_instead(name: str, value: object) -> str | None:
    """What to give for the setting instead of this value of its type; None if it may be so."""
    check, meaning = _CHECKS.get(name) or _by_ending(name)
    return None if check(value) else meaning


def _by_ending(name: str) -> tuple[Check, str]:
    if name.endswith("_THRESHOLD"):
        return lambda it: 1 <= it <= 1_000_000, "a whole number of 1 or more"
    if name.startswith("DATABASE_") and name.endswith("_TIMEOUT"):
        return lambda it: it == 0 or 0.001 <= it < _DAY, "a number of seconds below a day, or 0 for no limit"
    if name.endswith("_TIMEOUT"):
        return lambda it: 0 < it < _DAY, "a number of seconds above 0 and below a day"
    if name.startswith("RATE_LIMIT_"):
        return lambda it: 0 <= it <= 1_000_000_000, "a number of requests a minute, or 0 for no limit"
    return lambda _: True, ""


def _zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _instant(text: str) -> bool:
    try:
        return not text or datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _failpoints(text: str) -> bool:
    try:
        read_failpoints(text)
    except ValueError:
        return False
    return True


def _sender(text: str) -> bool:
    try:
        validate_email(parseaddr(text)[1])
    except ValidationError:
        return False
    return text.isprintable()


def _visible_ascii(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


def _parts(text: str, *schemes: str) -> SplitResult | None:
    """The parts of an address of one of these schemes, if it is one and its port a port."""
    try:
        parts = urlsplit(text)
        sound = parts.scheme in schemes and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return parts if sound and text.isprintable() and " " not in text else None


def _database(text: str) -> bool:
    parts = _parts(text, "sqlite", "postgres", "postgresql")
    if parts is None or not parts.path.strip("/"):
        return False  # a database in memory would be another one in each process
    return parts.scheme != "sqlite" or not parts.netloc


def _broker(text: str) -> bool:
    parts = _parts(text, "amqp", "amqps")
    return not text or (parts is not None and bool(parts.hostname) and not parts.fragment)


def _public_address(text: str) -> bool:
    parts = _parts(text, "http", "https")
    if not text or parts is None:
        return not text
    return (
        bool(parts.hostname)
        and "@" not in parts.netloc
        and parts.path in {"", "/"}
        and text.isascii()
        and not (parts.query or parts.fragment)
    )


def _proxies(given: list[str]) -> bool:
    if len(given) == 1 and given[0].isascii() and given[0].isdigit():  # as it was before there were networks
        return int(given[0]) <= 16
    try:
        return all(bool(ip_network(each)) for each in given)
    except ValueError:
        return False


def _mail_service(text: str) -> bool:
    parts = _parts(text, "http", "https")
    return parts is not None and bool(parts.hostname) and "@" not in parts.netloc and not parts.query


_CHECKS: dict[str, tuple[Check, str]] = {
    "ENVIRONMENT": (lambda it: it in {"development", "production"}, "development or production"),
    "ALLOWED_HOSTS": (
        lambda it: bool(it) and all(_HOST.fullmatch(host) for host in it),
        "host names without scheme and port, such as library.example.org or .example.org",
    ),
    "PUBLIC_URL": (
        _public_address,
        "https://host, without a path, such as https://library.example.org, or empty",
    ),
    "TRUSTED_PROXIES": (_proxies, "networks such as 10.0.0.0/8, comma between, or nothing"),
    "LOG_FORMAT": (lambda it: it in {"console", "json"}, "console or json"),
    "TIME_ZONE": (_zone, "a zone of the IANA database, such as Europe/Berlin"),
    "LOANS_KEPT_DAYS": (lambda it: 1 <= it <= 36_500, "a whole number of days, from 1 to 36500"),
    "AUDIT_DENIALS_KEPT_DAYS": (lambda it: 2 <= it <= 36_500, "a whole number of days, from 2 to 36500"),
    "CURRENCY": (lambda it: bool(re.fullmatch("[A-Z]{3}", it)), "an ISO 4217 code, such as EUR"),
    "DATABASE_URL": (_database, "sqlite:///file or postgres://user:password@host:port/name"),
    "RABBITMQ_URL": (_broker, "amqp://user:password@host:port/vhost, or empty"),
    "RABBITMQ_HOST": (
        lambda it: not it or bool(_HOST.fullmatch(it)),
        "a host name or an address, an IPv6 one in [brackets], or empty",
    ),
    "RABBITMQ_PORT": (lambda it: 0 < it < 65536, "a port number"),
    "RABBITMQ_USER": (bool, "a user's name"),
    "RABBITMQ_VHOST": (bool, "a virtual host's name, such as /"),
    "RABBITMQ_EXCHANGE": (
        lambda it: bool(_EXCHANGE.fullmatch(it)),
        "a name of up to 127 letters, digits and _.:- that does not start with amq.",
    ),
    "SENDGRID_API_KEY": (_visible_ascii, "the key alone, on one line, or empty"),
    "SENDGRID_API_URL": (_mail_service, "https://host, without user, password and parameters"),
    "LETTERS_LANGUAGE": (lambda it: it in LANGUAGES, f"one of {', '.join(LANGUAGES)}"),
    "MAIL_FROM": (_sender, "an address, such as library@example.org"),
    "LIBRARY_FAILPOINTS": (_failpoints, "name:kill, name:raise or name:sleep=SECONDS, comma between"),
    "LIBRARY_NOW": (_instant, "an instant with its offset, such as 2026-01-15T10:00:00Z, or empty"),
}
