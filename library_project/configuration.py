"""Reads settings.yaml, .env and the environment, in rising order, and refuses what cannot be right."""

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import environ
import yaml
from django.core.exceptions import ImproperlyConfigured

from library_project.production import unsafe_settings
from library_project.settings_checks import expected_instead

HERE = Path(__file__).resolve().parent
Settings = dict[str, Any]  # as various as settings

#: A variable of the environment with one of these prefixes is ours, so an unknown one is a typing error.
_OUR_PREFIXES = ("RABBITMQ_", "SENDGRID_", "CIRCUIT_BREAKER_", "DATABASE_", "RATE_LIMIT_", "LIBRARY_")
#: They have our prefixes but belong to the service images and the compiler.
_OF_OTHERS = frozenset(
    {"RABBITMQ_DEFAULT_USER", "RABBITMQ_DEFAULT_PASS", "RABBITMQ_DEFAULT_VHOST", "LIBRARY_PATH"}
)
#: Settings whose values no error message may contain.
_SECRET = frozenset(
    {"SECRET_KEY", "DATABASE_URL", "RABBITMQ_URL", "RABBITMQ_PASSWORD", "SENDGRID_API_KEY"}
    | {"SENDGRID_API_URL"}  # somebody may have put a password in
)
#: Settings for tests only.
_SEAMS = ("LIBRARY_FAILPOINTS", "LIBRARY_NOW")
_KINDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list of texts",
    str: "a text",
}
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


class _WrongSetting(Exception):
    """A setting can't have its value; the text says why, without any secret."""


def load(
    environment: Mapping[str, str] = os.environ, *, yaml_file: Path = HERE / "settings.yaml"
) -> Settings:
    """Every setting by name, of the type that settings.yaml gives it.

    Raises ImproperlyConfigured with a line for each setting that is wrong, beginning with its name.
    """
    defaults = _read_yaml(HERE / "settings.yaml")
    given = _read_yaml(yaml_file)
    ours = {name for name in environment if name.startswith(_OUR_PREFIXES)} - _OF_OTHERS
    faults = [fault for names in (given, ours) for fault in _unknown(names, defaults)]
    chosen: Settings = {}
    for name, default in defaults.items():
        try:
            chosen[name] = _checked(name, environment.get(name), given.get(name, default), kind=type(default))
        except _WrongSetting as wrong:
            faults.append(str(wrong))
    if chosen.get("ENVIRONMENT") == "production":
        faults += unsafe_settings(chosen)
    elif not chosen.get("LIBRARY_TESTING"):
        faults += [
            f"{name} has an effect only with LIBRARY_TESTING=1." for name in _SEAMS if chosen.get(name)
        ]
    if faults:
        raise ImproperlyConfigured("\n".join(faults))
    if not chosen["RABBITMQ_URL"] and chosen["RABBITMQ_HOST"]:
        chosen["RABBITMQ_URL"] = _assembled(chosen)
    return chosen


def read_env_file(path: Path) -> None:
    """Take from an .env file, if there is one, the variables that the environment doesn't have.

    Raises ImproperlyConfigured with a line for each one that would be passed over.
    """
    if not path.exists():
        return
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise ImproperlyConfigured(f"{path.name} can't be read as text.") from None
    faults = [
        f"Line {number} of {path.name} can't be read: write NAME=value."
        for number, line in enumerate(lines, start=1)
        if line and not line.startswith("#") and not re.match(r"(export )?[A-Za-z_0-9]+=", line)
    ]
    if faults:
        raise ImproperlyConfigured("\n".join(faults))
    environ.Env.read_env(path)


def _read_yaml(path: Path) -> Settings:
    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        place = getattr(error, "problem_mark", None)
        where = f" (line {place.line + 1})" if place else ""
        raise ImproperlyConfigured(f"{path.name} can't be read as YAML{where}.") from None
    if not isinstance(read, dict):
        raise ImproperlyConfigured(f"{path.name} must hold a setting a line, as NAME: value.")
    return {str(name): value for name, value in read.items()}


def _checked(name: str, text: str | None, default: object, *, kind: type) -> object:
    value = default if text is None else _cast(text, kind)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if name == "TRUSTED_PROXIES" and type(value) is int:
        value = [str(value)]  # a bare number, as in older files
    if type(value) is not kind or (isinstance(value, list) and not all(isinstance(it, str) for it in value)):
        raise _WrongSetting(f"{_shown(name, value)} is not {_KINDS[kind]}.")
    meaning = expected_instead(name, value)
    if meaning is not None:
        raise _WrongSetting(f"{_shown(name, value)} is impossible: give {meaning}.")
    return value


def _cast(text: str, kind: type) -> object:
    """The text as the type of the setting; as it stands where it is none, for the caller to refuse."""
    if kind is bool:
        lowered = text.strip().lower()
        return lowered in _TRUE if lowered in _TRUE | _FALSE else text
    if kind is list:
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind is int:
        return int(text) if re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", text) else text
    if kind is float:
        return float(text) if re.fullmatch(r"\s*[+-]?[0-9]{1,18}(\.[0-9]{1,18})?\s*", text) else text
    return text


def _shown(name: str, value: object) -> str:
    return name if name in _SECRET else f"{name}={value!r}"


def _unknown(names: Iterable[str], known: Mapping[str, object]) -> Iterator[str]:
    for name in sorted(set(names) - set(known)):
        near = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]}?" if near else ""
        yield f"There is no setting {name}.{hint}"


def _assembled(chosen: Settings) -> str:
    user, password, vhost = (quote(chosen[f"RABBITMQ_{it}"], safe="") for it in ("USER", "PASSWORD", "VHOST"))
    return f"amqp://{user}:{password}@{chosen['RABBITMQ_HOST']}:{chosen['RABBITMQ_PORT']}/{vhost}"
