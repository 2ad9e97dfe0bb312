from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from outbox.envelope import MalformedEvent, read_event, write_event
from shared_kernel.domain.events import Recorded
from shared_kernel.services.request_context import RequestContext
from tests.fakes.ledger import ThingHappened

EVENT = ThingHappened(aggregate_id=UUID(int=7), occurred_at=datetime(2024, 1, 15, 10, tzinfo=UTC), note="é")


def written(**changes: object) -> bytes:
    text = write_event(
        Recorded(EVENT, 3),
        event_id=UUID(int=1),
        context=RequestContext(correlation_id="r-1", causation_id="e-0"),
    )
    envelope = {**msgspec.json.decode(text), **changes}
    return msgspec.json.encode({name: value for name, value in envelope.items() if value is not None})


class TestAWrittenEvent:
    def test_is_a_cloud_event(self) -> None:
        envelope = msgspec.json.decode(written())
        assert envelope["specversion"] == "1.0"
        assert envelope["source"] == "/things"
        assert envelope["type"] == "things.thing_happened.v1"
        assert envelope["subject"] == str(UUID(int=7))
        assert envelope["time"] == "2024-01-15T10:00:00Z"
        assert envelope["aggregateversion"] == 3
        assert envelope["correlationid"] == "r-1"
        assert envelope["causationid"] == "e-0"
        assert envelope["data"] == {"note": "é", "poison": False}

    def test_is_read_with_the_same_values(self) -> None:
        event = read_event(written())
        assert (event.id, event.subject, event.time) == (UUID(int=1), UUID(int=7), EVENT.occurred_at)

    def test_may_have_unknown_attributes(self) -> None:
        assert read_event(written(traceparent="00-1")).data["note"] == "é"


class TestAnInvalidPayload:
    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"\xff\xfe",
            b"[]",
            b"null",
            b"[" * 100_000,
            written(time="2024-01-15T10:00:00"),
            written(time="yesterday"),
            written(id="1"),
            written(data=None),
            written(aggregateversion="3"),
        ],
        ids=[
            "empty",
            "no text",
            "a list",
            "null",
            "deep",
            "naive",
            "no time",
            "no id",
            "no data",
            "no number",
        ],
    )
    def test_is_malformed(self, raw: bytes) -> None:
        with pytest.raises(MalformedEvent):
            read_event(raw)
