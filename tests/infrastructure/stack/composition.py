"""docker-compose.yml, read as an engine would: its values filled in, its services by name."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.services.directory import ROOT

FILE = ROOT / "docker-compose.yml"

Service = dict[str, Any]  # YAML, as various as the specification allows

_REFERENCE = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?:(?P<how>:\?|:-)(?P<word>[^}]*))?\})")


class MissingVariable(KeyError):
    """A variable without a default was not given."""


def services() -> dict[str, Service]:
    """Every service as it is written, anchors followed."""
    found: dict[str, Service] = yaml.safe_load(FILE.read_text())["services"]
    return found


def library_services() -> dict[str, Service]:
    """The services that run the library's own image."""
    image = services()["web"]["image"]
    return {name: service for name, service in services().items() if service.get("image") == image}


def filled_in(text: str, variables: Mapping[str, str]) -> str:
    """The text with its `${…}` replaced. Raises MissingVariable for one that is required and not given."""

    def value(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return "$"
        if given := variables.get(name):
            return given
        if found["how"] == ":-":
            return str(found["word"])
        raise MissingVariable(name)

    return _REFERENCE.sub(value, text)


def environment(service: str, variables: Mapping[str, str]) -> dict[str, str]:
    """What a service finds in its environment."""
    given: dict[str, object] = services()[service].get("environment", {})
    return {name: filled_in(str(value), variables) for name, value in given.items()}


def command(service: str, variables: Mapping[str, str]) -> list[str]:
    """What a service runs."""
    return [filled_in(str(word), variables) for word in services()[service]["command"]]


def health_command(service: str) -> list[str]:
    """What tells whether a service is well, as words of a command."""
    kind, *words = services()[service]["healthcheck"]["test"]
    words = [filled_in(word, {}) for word in words]
    return words if kind == "CMD" else ["sh", "-c", *words]
