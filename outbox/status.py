"""The status of event delivery: pending and failing events, consumer lag and quarantine."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet
from django.utils import timezone

from outbox.models import InboxEntry, OutboxMessage, QuarantinedMessage
from outbox.pending import failing_messages, pending_messages
from outbox.subscriptions import subscriptions
from shared_kernel.services.bus import Query, Result

#: Pending events are counted up to this number, to bound the cost.
MAX_COUNT = 100_000
#: A consumer's lag is measured over this many of the latest events, to bound the cost.
LOOKBACK_EVENTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxStatus(Result):
    """The status of one consumer. `quarantined` counts messages that are not yet replayed."""

    consumer: str
    received: int
    last_received_at: datetime | None
    quarantined: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxStatus(Result):
    """`pending` events (counted up to 100 000) are to be published; the age of the oldest is in seconds.

    `failing` events can't be published because of their content and are retried.
    """

    pending: int
    oldest_age_seconds: float
    failing: int
    inboxes: list[InboxStatus]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetOutboxStatus(Query[OutboxStatus]):
    """The status of event delivery."""


def get_outbox_status(_query: GetOutboxStatus) -> OutboxStatus:
    """Scans the whole inbox, so it isn't meant for frequent calls."""
    pending, oldest_age_seconds = outbox_lag()
    entries = InboxEntry.objects.values("consumer").annotate(count=Count("id"), last=Max("received_at"))
    received = {row["consumer"]: (row["count"], row["last"]) for row in entries}
    quarantined = quarantine_counts()
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
        failing=failing_messages().count(),
        inboxes=inboxes,
    )


def outbox_lag() -> tuple[int, float]:
    """The number of pending events (counted up to 100 000) and the age of the oldest in seconds.

    Failing events are not counted. Cheap: it reads unpublished events alone.
    """
    pending = pending_messages()
    oldest = pending.values_list("recorded_at", flat=True).first()
    if oldest is None:
        return 0, 0.0
    return pending[:MAX_COUNT].count(), max(0.0, (timezone.now() - oldest).total_seconds())


def quarantine_counts() -> dict[str, int]:
    """The number of messages in quarantine by consumer, without those that have none."""
    quarantined = QuarantinedMessage.objects.filter(replayed_at__isnull=True).values("consumer")
    return dict(quarantined.annotate(count=Count("id")).values_list("consumer", "count"))


def consumer_lags() -> dict[str, tuple[int, float]]:
    """By consumer: the number of published events not yet received, and the age of the oldest in seconds.

    They are those after the last one received. Only the latest thousand events are read, so that the cost
    doesn't depend on the lag.
    """
    latest = OutboxMessage.objects.order_by("-id").values_list("id", flat=True).first() or 0
    published = OutboxMessage.objects.filter(id__gt=latest - LOOKBACK_EVENTS, published_at__isnull=False)
    return {
        consumer: _consumer_lag(consumer, published.filter(type__in=types))
        for consumer, types in subscriptions().items()
    }


def _consumer_lag(consumer: str, published: QuerySet[OutboxMessage]) -> tuple[int, float]:
    by_event = {"consumer": consumer, "event_id": OuterRef("event_id")}
    received = Exists(InboxEntry.objects.filter(**by_event)) | Exists(
        QuarantinedMessage.objects.filter(**by_event)
    )
    last = published.filter(received).aggregate(last=Max("id"))["last"] or 0
    lag = published.filter(id__gt=last).aggregate(count=Count("id"), since=Min("published_at"))
    age = (timezone.now() - lag["since"]).total_seconds() if lag["since"] else 0.0
    return lag["count"], max(0.0, age)
