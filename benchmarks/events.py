"""Events in the product's format, in any number."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from benchmarks.lending import Lending
from benchmarks.psycopg_reference import LoanEvent
from outbox.models import InboxEntry, OutboxMessage
from shared_kernel.sql.writes import insert

TYPE = "lending.book_borrowed.v1"


class Event(NamedTuple):
    """An event of a separate loan."""

    id: UUID
    loan: UUID
    payload: str


def borrowings(count: int) -> list[Event]:
    """`count` unpublished borrowings."""
    now = datetime.now(UTC)
    events = []
    for number in range(count):
        lending = Lending(f"BENCH-{number:06}", "", uuid4(), uuid4(), uuid4(), "Middlemarch", "")
        event_id, loan = uuid4(), uuid4()
        happening = LoanEvent.borrowed(loan, at=now, due_at=now + timedelta(days=14))
        payload = happening.payload(lending, event_id=event_id, correlation=str(uuid4()))
        events.append(Event(event_id, loan, payload))
    return events


def fill_outbox(events: list[Event]) -> None:
    """Replace the content of the outbox with these events."""
    clear_messages()
    now = datetime.now(UTC)
    insert(
        OutboxMessage,
        *(
            {
                "event_id": event.id,
                "type": TYPE,
                "aggregate_id": event.loan,
                "aggregate_version": 1,
                "payload": event.payload,
                "recorded_at": now,
            }
            for event in events
        ),
    )


def clear_messages() -> None:
    """Delete all messages of the outbox and the inboxes."""
    OutboxMessage.objects.all().delete()
    InboxEntry.objects.all().delete()
