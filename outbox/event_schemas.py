"""The published contract of the events: a JSON Schema and an example for each type, from the code."""

import inspect
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import msgspec
from django.apps import apps

from outbox.envelope import CONTENT_TYPE, ENVELOPE_FIELDS, write_event
from shared_kernel.domain.events import DomainEvent, Recorded
from shared_kernel.services.request_context import RequestContext

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_AT = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)
#: Example values, by JSON Schema format.
_EXAMPLES = {"date-time": _AT.isoformat(), "date": _AT.date().isoformat(), "decimal": "1.25", "uuid": None}


def event_types() -> dict[str, type[DomainEvent]]:
    """Every event class of the installed contexts by its wire type, sorted."""
    contexts = {config.name for config in apps.get_app_configs()}
    for name in contexts:
        _import_domain(name)
    published = (each for each in _subclasses(DomainEvent) if each.__module__.partition(".")[0] in contexts)
    return dict(sorted((each.type, each) for each in published if hasattr(each, "type")))


def schema(kind: type[DomainEvent]) -> dict[str, Any]:  # JSON
    """The JSON Schema of an event of this type, including its CloudEvents envelope."""
    context = kind.type.partition(".")[0]
    definitions = _definitions(kind)
    data = definitions.pop(kind.__name__)
    data.pop("description", None)
    data["properties"] = {k: v for k, v in data["properties"].items() if k not in ENVELOPE_FIELDS}
    data["required"] = [name for name in data["properties"] if name in data.get("required", ())]
    properties = {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid"},
        "source": {"const": f"/{context}"},
        "type": {"const": kind.type},
        "subject": {"type": "string", "format": "uuid", "description": "The aggregate."},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "aggregateversion": {"type": "integer", "minimum": 1, "description": "Dense, by aggregate."},
        "correlationid": {"type": "string"},
        "causationid": {"type": "string", "description": "The event that caused this one."},
        "data": data,
    }
    return {
        "$schema": _DIALECT,
        "title": kind.type,
        "description": inspect.cleandoc(kind.__doc__ or ""),
        "contentMediaType": CONTENT_TYPE,
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name != "causationid"],
        **({"$defs": definitions} if definitions else {}),
    }


def example(kind: type[DomainEvent]) -> str:
    """An example of an event of this type as it is published."""
    definitions = _definitions(kind)
    values = {
        name: _example_of(part, name, definitions)
        for name, part in definitions[kind.__name__]["properties"].items()
    }
    event = msgspec.convert(values, type=kind)
    context = RequestContext(correlation_id="request-1", causation_id=str(_id("cause")))
    return write_event(Recorded(event, 1), event_id=_id(kind.type), context=context)


def catalogue_files() -> dict[str, bytes]:
    """The contents of the catalogue's files, by file name."""
    found = {}
    for type_, kind in event_types().items():
        found[f"{type_}.schema.json"] = _pretty(msgspec.json.encode(schema(kind)))
        found[f"{type_}.example.json"] = _pretty(example(kind).encode())
    return found


def _definitions(kind: type[DomainEvent]) -> dict[str, Any]:  # JSON
    """The definitions of msgspec, with the format that it lacks: instants, whose names end in `_at`."""
    definitions: dict[str, Any] = msgspec.json.schema(kind)["$defs"]
    for definition in definitions.values():
        for name, part in definition.get("properties", {}).items():
            for text in (each for each in [part, *part.get("anyOf", [])] if each.get("type") == "string"):
                if name.endswith("_at"):
                    text["format"] = "date-time"
    return definitions


def _pretty(json: bytes) -> bytes:
    return msgspec.json.format(json, indent=2) + b"\n"


def _example_of(part: dict[str, Any], name: str, definitions: dict[str, Any]) -> Any:  # JSON
    if "anyOf" in part:
        part = next(each for each in part["anyOf"] if each != {"type": "null"})
    if "$ref" in part:
        part = definitions[part["$ref"].rpartition("/")[2]]
    if "enum" in part:
        return part["enum"][0]
    kind = part.get("type")
    if kind == "object":
        inner = part.get("properties", {})
        return {each: _example_of(described, each, definitions) for each, described in inner.items()}
    if kind == "array":
        return [
            _example_of(each, name, definitions)
            for each in part.get("prefixItems", [part.get("items") or {}])
        ]
    if kind == "string":
        return _text(part.get("format", ""), name)
    return {"integer": 1, "number": 1.5, "boolean": True}.get(str(kind))


def _text(form: str, name: str) -> str:
    return str(_id(name)) if form == "uuid" else _EXAMPLES.get(form) or name.replace("_", " ")


def _id(name: str) -> Any:  # a UUID, the same in each run
    return uuid5(NAMESPACE_OID, name)


def _import_domain(app: str) -> None:
    if pkgutil.resolve_name(app).__spec__.submodule_search_locations is None:
        return
    try:
        domain = import_module(f"{app}.domain")
    except ModuleNotFoundError:
        return
    for module in pkgutil.walk_packages(domain.__path__, f"{domain.__name__}."):
        import_module(module.name)


def _subclasses(kind: type[DomainEvent]) -> Iterator[type[DomainEvent]]:
    for each in kind.__subclasses__():
        # `dataclass(slots=True)` creates a second class of the same name; the first is still a subclass.
        if getattr(import_module(each.__module__), each.__name__, None) is each:
            yield each
        yield from _subclasses(each)
