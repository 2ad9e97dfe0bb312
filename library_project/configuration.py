"""Reads settings.yaml, .env and the environment, in rising order, and refuses what cannot be right."""

import difflib
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
import yaml
from django.core.exceptions import ImproperlyConfigured

from shared_kernel.resilience.failpoints import read_failpoints

HERE = Path(__file__).resolve().parent
#: A variable of the environment that starts like this is ours, so an unknown one is a slip of the pen.
_OUR_PREFIXES = ("RABBITMQ_", "SENDGRID_", "CIRCUIT_BREAKER_", "DATABASE_")
#: Ours by prefix, but the service images' own and not a setting of the product.
_OF_OTHERS = frozenset({"RABBITMQ_DEFAULT_USER", "RABBITMQ_DEFAULT_PASS", "RABBITMQ_DEFAULT_VHOST"})

Check = Callable[[Any], bool]  # each check knows the type of its own setting


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


def _url(*schemes: str) -> Check:
    return lambda text: text.startswith(tuple(f"{scheme}://" for scheme in schemes))


_CHECKS: dict[str, tuple[Check, str]] = {
    "ENVIRONMENT": (lambda it: it in {"development", "production"}, "development or production"),
    "LOG_FORMAT": (lambda it: it in {"console", "json"}, "console or json"),
    "TIME_ZONE": (_zone, "a zone of the IANA database, such as Europe/Berlin"),
    "CURRENCY": (lambda it: len(it) == 3 and it.isascii() and it.isupper(), "an ISO 4217 code, such as EUR"),
    "DATABASE_URL": (_url("sqlite", "postgres", "postgresql"), "a sqlite:// or postgres:// address"),
    "RABBITMQ_URL": (lambda it: not it or _url("amqp", "amqps")(it), "an amqp:// address, or empty"),
    "RABBITMQ_PORT": (lambda it: 0 < it < 65536, "a port number"),
    "RABBITMQ_EXCHANGE": (bool, "a name"),
    "SENDGRID_API_URL": (_url("http", "https"), "an http(s):// address"),
    "LIBRARY_FAILPOINTS": (_failpoints, "name:kill, name:raise or name:sleep=SECONDS, comma between"),
    "LIBRARY_NOW": (_instant, "an instant with its offset, such as 2026-01-15T10:00:00Z, or empty"),
}


def load(
    environment: Mapping[str, str] = os.environ, *, yaml_file: Path = HERE / "settings.yaml"
) -> dict[str, Any]:
    """Every setting by name, of the type that settings.yaml gives it. Raises ImproperlyConfigured by name."""
    defaults = yaml.safe_load((HERE / "settings.yaml").read_text())
    values = {**defaults, **yaml.safe_load(yaml_file.read_text())}
    _refuse_unknown(set(values) - set(defaults), defaults)
    ours = {name for name in environment if name.startswith(_OUR_PREFIXES)} - _OF_OTHERS
    _refuse_unknown(ours - set(defaults), defaults)
    env = environ.Env()
    env.ENVIRON = dict(environment)
    chosen = {name: _read(env, name, values[name], kind=type(default)) for name, default in defaults.items()}
    if not chosen["RABBITMQ_URL"] and chosen["RABBITMQ_HOST"]:
        chosen["RABBITMQ_URL"] = _assembled(chosen)
    if chosen["ENVIRONMENT"] == "production":
        _refuse_unsafe(chosen)
    return chosen


def _read(env: environ.Env, name: str, default: Any, *, kind: type) -> Any:  # any setting's type
    try:
        raw = env.str(name, default=None)
        value: Any = default if raw is None else _cast(raw, kind)
        value = kind(value) if kind is float and not isinstance(value, bool) else value
    except ValueError:
        raise ImproperlyConfigured(f"{name}={env.str(name)!r} is not {_kind_name(kind)}.") from None
    if not isinstance(value, kind):
        raise ImproperlyConfigured(f"{name}={value!r} is not {_kind_name(kind)}.")
    if name.endswith("_THRESHOLD"):
        allowed, meaning = value >= 1, "1 or more"
    elif name.endswith("_TIMEOUT"):
        allowed, meaning = 0 < value < 86400, "a number of seconds above 0"
    else:
        check, meaning = _CHECKS.get(name, (lambda _: True, ""))
        allowed = check(value)
    if not allowed:
        raise ImproperlyConfigured(f"{name}={value!r} is impossible: give {meaning}.")
    return value


def _cast(raw: str, kind: type) -> object:
    if kind is bool:
        lowered = raw.strip().lower()
        if lowered not in {"1", "0", "true", "false", "yes", "no", "on", "off", ""}:
            raise ValueError(raw)
        return lowered in environ.Env.BOOLEAN_TRUE_STRINGS
    if kind is list:
        return [part.strip() for part in raw.split(",") if part.strip()]
    return kind(raw)


def _kind_name(kind: type) -> str:
    return {int: "a whole number", float: "a number", bool: "true or false", list: "a list"}.get(
        kind, "a text"
    )


def _refuse_unknown(unknown: set[str], known: Mapping[str, object]) -> None:
    for name in sorted(unknown):
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise ImproperlyConfigured(f"There is no setting {name}.{hint}")


def _refuse_unsafe(chosen: Mapping[str, Any]) -> None:
    if len(chosen["SECRET_KEY"]) < 50:
        raise ImproperlyConfigured("SECRET_KEY must be set in production, to 50 random characters or more.")
    if chosen["DEBUG"]:
        raise ImproperlyConfigured("DEBUG must be off in production.")
    if "*" in chosen["ALLOWED_HOSTS"]:
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts in production, not '*'.")
    for name in ("LIBRARY_TESTING", "LIBRARY_FAILPOINTS", "LIBRARY_NOW"):
        if chosen[name]:
            raise ImproperlyConfigured(f"{name} is for tests; production refuses it.")


def _assembled(chosen: Mapping[str, Any]) -> str:
    user, password, vhost = (quote(chosen[f"RABBITMQ_{it}"], safe="") for it in ("USER", "PASSWORD", "VHOST"))
    return f"amqp://{user}:{password}@{chosen['RABBITMQ_HOST']}:{chosen['RABBITMQ_PORT']}/{vhost}"
