"""How delivery is doing: what waits, since when, and what got stuck."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max
from django.utils import timezone

from outbox.models import InboxReceipt, QuarantinedMessage
from outbox.waiting import failing, fresh
from shared_kernel.services.bus import Answer, Query

#: Counting further would cost more than the number is worth.
COUNTED_UP_TO = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxStatus(Answer):
    """What one consumer received. `quarantined` waits to be replayed."""

    consumer: str
    received: int
    last_received_at: datetime | None
    quarantined: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxStatus(Answer):
    """What waits to be published: `pending` events (counted up to 100 000), the oldest so many seconds.

    `failing` of them are at fault themselves and are tried again from time to time.
    """

    pending: int
    oldest_age_seconds: float
    failing: int
    inboxes: list[InboxStatus]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetOutboxStatus(Query[OutboxStatus]):
    """How is the delivery of events doing?"""


def get_outbox_status(_query: GetOutboxStatus) -> OutboxStatus:
    """Reads the whole inbox: for people, now and then."""
    pending, oldest_age_seconds = outbox_lag()
    receipts = InboxReceipt.objects.values("consumer").annotate(count=Count("id"), last=Max("received_at"))
    received = {row["consumer"]: (row["count"], row["last"]) for row in receipts}
    in_quarantine = QuarantinedMessage.objects.filter(replayed_at__isnull=True).values("consumer")
    quarantined = dict(in_quarantine.annotate(count=Count("id")).values_list("consumer", "count"))
    inboxes = []
    for consumer in sorted(received.keys() | quarantined.keys()):
        count, last = received.get(consumer, (0, None))
        inboxes.append(
            InboxStatus(
                consumer=consumer,
                received=count,
                last_received_at=last,
                quarantined=quarantined.get(consumer, 0),
            )
        )
    return OutboxStatus(
        pending=pending,
        oldest_age_seconds=oldest_age_seconds,
        failing=failing().count(),
        inboxes=inboxes,
    )


def outbox_lag() -> tuple[int, float]:
    """How many events wait to be published (counted up to 100 000), and the age of the oldest in seconds.

    Those at fault themselves are not counted. Cheap: it looks at unpublished events alone.
    """
    waiting = fresh()
    oldest = waiting.values_list("recorded_at", flat=True).first()
    if oldest is None:
        return 0, 0.0
    return waiting[:COUNTED_UP_TO].count(), max(0.0, (timezone.now() - oldest).total_seconds())
