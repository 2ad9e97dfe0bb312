"""Events as the product writes them, in any number."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from benchmarks.by_hand import Happening
from benchmarks.desk import Lending
from outbox.models import InboxEntry, OutboxMessage
from shared_kernel.sql import insert

TYPE = "lending.book_borrowed.v1"


class Event(NamedTuple):
    """An event of a loan of its own."""

    id: UUID
    loan: UUID
    payload: str


def made(count: int) -> list[Event]:
    """So many borrowings that nobody has heard of."""
    now = datetime.now(UTC)
    events = []
    for number in range(count):
        lending = Lending(f"BENCH-{number:06}", "", uuid4(), uuid4(), uuid4(), "Middlemarch", "")
        event_id, loan = uuid4(), uuid4()
        happening = Happening.borrowed(loan, at=now, due_at=now + timedelta(days=14))
        payload = happening.payload(lending, event_id=event_id, correlation=str(uuid4()))
        events.append(Event(event_id, loan, payload))
    return events


def fill_outbox(events: list[Event]) -> None:
    """Have these events wait in the outbox, and nothing else."""
    forget()
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


def forget() -> None:
    """Empty the outbox and the inboxes."""
    OutboxMessage.objects.all().delete()
    InboxEntry.objects.all().delete()
