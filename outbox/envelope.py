"""The published form of an event: CloudEvents 1.0 in JSON. Readers ignore unknown attributes."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from shared_kernel.domain.events import DomainEvent, Recorded
from shared_kernel.services.codec import to_builtins, to_json
from shared_kernel.services.request_context import RequestContext

CONTENT_TYPE = "application/cloudevents+json"
ENVELOPE_FIELDS = frozenset(field.name for field in dataclasses.fields(DomainEvent))


class MalformedEvent(ValueError):
    """The payload is not a valid event; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedEvent:
    """An event as a subscriber gets it. `data` is the publisher's: read from it only what is needed."""

    id: UUID
    type: str
    source: str
    subject: UUID
    time: datetime
    data: dict[str, Any]  # JSON of another context
    aggregateversion: int
    correlationid: str
    causationid: str | None = None


def write_event(recorded: Recorded, *, event_id: UUID, context: RequestContext) -> str:
    """The CloudEvents JSON of a recorded event, as it is stored and sent."""
    event = recorded.event
    envelope: dict[str, Any] = {  # JSON
        "specversion": "1.0",
        "id": event_id,
        "source": "/" + event.type.partition(".")[0],
        "type": event.type,
        "subject": event.aggregate_id,
        "time": event.occurred_at,
        "datacontenttype": "application/json",
        "aggregateversion": recorded.version,
        "correlationid": context.correlation_id,
        "data": {name: value for name, value in to_builtins(event).items() if name not in ENVELOPE_FIELDS},
    }
    if context.causation_id:
        envelope["causationid"] = context.causation_id
    return to_json(envelope).decode()


def read_event(raw: bytes | str) -> ReceivedEvent:
    """Parse a received event, ignoring unknown attributes. Raises MalformedEvent."""
    try:
        event = msgspec.json.decode(raw, type=ReceivedEvent)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedEvent(str(error)) from None
    if event.time.tzinfo is None:
        raise MalformedEvent("`time` has no offset from UTC")
    return event
