"""How delivery is doing: what waits, since when, and what got stuck."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet
from django.utils import timezone

from outbox.models import InboxReceipt, OutboxMessage, QuarantinedMessage
from outbox.pending import failing, fresh
from outbox.subscriptions import subscriptions
from shared_kernel.services.bus import Query, Result

#: Counting further would cost more than the number is worth.
COUNTED_UP_TO = 100_000
#: So many of the latest events are looked at to find those that a consumer has not received.
LOOKED_BACK = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxStatus(Result):
    """What one consumer received. `quarantined` waits to be replayed."""

    consumer: str
    received: int
    last_received_at: datetime | None
    quarantined: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxStatus(Result):
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
    quarantined = in_quarantine()
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


def in_quarantine() -> dict[str, int]:
    """How many messages wait in quarantine, by consumer; one that has none is left out."""
    waiting = QuarantinedMessage.objects.filter(replayed_at__isnull=True).values("consumer")
    return dict(waiting.annotate(count=Count("id")).values_list("consumer", "count"))


def consumer_lags() -> dict[str, tuple[int, float]]:
    """How many published events each consumer has still to receive, the oldest waiting so many seconds.

    They are those after the last that it received: what it passed over earlier is none of them. Only the
    latest thousand events are looked at, so that it costs the same however far a consumer is behind.
    """
    latest = OutboxMessage.objects.order_by("-id").values_list("id", flat=True).first() or 0
    published = OutboxMessage.objects.filter(id__gt=latest - LOOKED_BACK, published_at__isnull=False)
    return {
        consumer: _behind(consumer, published.filter(type__in=types))
        for consumer, types in subscriptions().items()
    }


def _behind(consumer: str, published: QuerySet[OutboxMessage]) -> tuple[int, float]:
    this = {"consumer": consumer, "event_id": OuterRef("event_id")}
    settled = Exists(InboxReceipt.objects.filter(**this)) | Exists(QuarantinedMessage.objects.filter(**this))
    last = published.filter(settled).aggregate(last=Max("id"))["last"] or 0
    waiting = published.filter(id__gt=last).aggregate(count=Count("id"), since=Min("published_at"))
    age = (timezone.now() - waiting["since"]).total_seconds() if waiting["since"] else 0.0
    return waiting["count"], max(0.0, age)
