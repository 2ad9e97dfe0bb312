"""The published events are a contract: each type has a golden example, which never changes once it is out.

A new type needs its golden file: run `manage.py describe_events`, then copy docs/events/TYPE.example.json to
tests/contracts/golden/TYPE.json. Where an old golden file fails, the change is not backward compatible:
make a new version of the type.
"""

import io
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # its stubs are a package of their own
import msgspec
import pytest
from django.core.management import CommandError, call_command

from outbox.envelope import read_event, write_event
from outbox.event_schemas import event_types, example, schema
from shared_kernel.domain.events import DomainEvent, Recorded
from shared_kernel.services.request_context import RequestContext

GOLDEN = Path(__file__).parent / "golden"
TYPES = event_types()
#: Words that a field about a person would have. No event tells who somebody is: patrons looks it up.
PERSONAL = {"name", "email", "mail", "card", "address", "phone", "comment", "note", "birth", "person"}
#: What only sounds like it, with the reason.
HARMLESS = {("lending.branch_added.v1", "name"): "a branch's name"}


def golden(type_: str) -> bytes:
    path = GOLDEN / f"{type_}.json"
    assert path.exists(), f"{path} is missing: copy docs/events/{type_}.example.json there"
    return path.read_bytes()


def rebuilt(kind: type[DomainEvent], raw: bytes) -> str:
    """The event that a golden file holds, read as we read and written as we write."""
    event = read_event(raw)
    facts = {**event.data, "aggregate_id": event.subject, "occurred_at": event.time}
    return write_event(
        Recorded(msgspec.convert(facts, type=kind), event.aggregateversion),
        event_id=event.id,
        context=RequestContext(correlation_id=event.correlationid, causation_id=event.causationid),
    )


def field_names(described: Any) -> set[str]:  # a JSON Schema
    if isinstance(described, list):
        return {name for each in described for name in field_names(each)}
    if not isinstance(described, dict):
        return set()
    own = set(described.get("properties", {}))
    return own | {name for each in described.values() for name in field_names(each)}


@pytest.mark.parametrize("type_", TYPES)
class TestEachEvent:
    def test_is_written_as_its_golden_example_byte_for_byte(self, type_: str) -> None:
        raw = golden(type_)
        written = msgspec.json.format(rebuilt(TYPES[type_], raw).encode(), indent=2) + b"\n"
        assert written == raw

    def test_fits_its_published_schema(self, type_: str) -> None:
        described = schema(TYPES[type_])
        for raw in (golden(type_), example(TYPES[type_]).encode()):
            jsonschema.validate(
                msgspec.json.decode(raw),
                described,
                format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
            )

    def test_tells_nothing_about_who_a_person_is(self, type_: str) -> None:
        data = schema(TYPES[type_])
        names = field_names([data["properties"]["data"], data.get("$defs", {})])
        personal = {name for name in names if PERSONAL & set(name.split("_"))}
        assert {name for name in personal if (type_, name) not in HARMLESS} == set()

    def test_is_named_after_its_context_and_says_its_version(self, type_: str) -> None:
        context, name, version = type_.split(".")
        assert TYPES[type_].__module__.startswith(f"{context}.")
        assert name == snake(TYPES[type_].__name__)
        assert version[0] == "v"
        assert version[1:].isdecimal()


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def test_no_golden_example_is_of_a_type_that_nobody_publishes() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} <= TYPES.keys()


def test_the_published_catalogue_is_up_to_date() -> None:
    try:
        call_command("describe_events", "--check", stdout=io.StringIO())
    except CommandError as stale:
        pytest.fail(str(stale))
