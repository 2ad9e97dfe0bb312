"""What waits to be published, and which of it may go: each aggregate in its order, nobody behind others."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from outbox.models import LONGEST_REASON, REDACTED, InboxReceipt, OutboxMessage, QuarantinedMessage
from outbox.publishing import Outcome, Outgoing
from shared_kernel.sql import array_param

#: The longest that a message at fault itself waits for its next attempt, in seconds. It is never given up.
LONGEST_WAIT = 60
_COLUMNS = ("id", "event_id", "type", "aggregate_id", "payload", "attempts")


def fresh() -> QuerySet[OutboxMessage]:
    """What isn't published and never failed, oldest first.

    It is chosen by state, not by "id above the last one seen": ids are drawn before the commit, so one
    of a slow transaction would be passed over.
    """
    return OutboxMessage.objects.filter(published_at__isnull=True, retry_at__isnull=True).order_by("id")


def failing() -> QuerySet[OutboxMessage]:
    """What isn't published because of its own fault."""
    return OutboxMessage.objects.filter(published_at__isnull=True, retry_at__isnull=False).order_by(
        "retry_at"
    )


def has_due() -> bool:
    """Whether anything needs not wait for its next attempt."""
    return fresh().exists() or _to_retry().exists()


def batch(limit: int) -> list[Outgoing]:
    """The next messages to publish, at most `limit`, oldest first.

    They are due, with no failing one of their aggregate before them; half of them are retries at most.
    """
    retries = _free(_to_retry(), max(1, limit // 2))
    return sorted([*retries, *_free(fresh(), limit - len(retries))], key=lambda message: message.id)


def _to_retry() -> QuerySet[OutboxMessage]:
    return failing().filter(retry_at__lte=timezone.now())


def _free(messages: QuerySet[OutboxMessage], limit: int) -> list[Outgoing]:
    """The first of these that no failing message of their aggregate holds up.

    Plain queries on one table each: a join tempted PostgreSQL into a plan of quadratic cost.
    """
    free: list[Outgoing] = []
    seen = 0
    while len(free) < limit:
        page = list(messages.values(*_COLUMNS, "aggregate_version")[seen : seen + limit])
        held_from = _first_failing({row["aggregate_id"] for row in page})
        for row in page:
            version = row.pop("aggregate_version")
            if held_from.get(row["aggregate_id"], version) >= version:
                free.append(Outgoing(**row))
        seen += len(page)
        if len(page) < limit:
            break
    return free[:limit]


def _first_failing(aggregates: Collection[UUID]) -> dict[UUID, int]:
    """The version of the first failing message by aggregate."""
    if failing().values_list("id").first() is None:
        return {}
    of_these = failing().filter(aggregate_id__in=aggregates)
    of_these = of_these.order_by("aggregate_id", "-aggregate_version")
    return dict(of_these.values_list("aggregate_id", "aggregate_version"))


def settle(messages: Iterable[Outgoing], outcome: Outcome) -> None:
    """Write down what became of messages."""
    now = timezone.now()
    confirmed = array_param(OutboxMessage, "id", outcome.confirmed)
    OutboxMessage.objects.filter(id__in=confirmed).update(published_at=now)
    alike: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for message in messages:
        if reason := outcome.faults.get(message.id):
            alike[message.attempts, reason[:LONGEST_REASON]].append(message.id)
    for (attempts, reason), ids in alike.items():
        wait = timedelta(seconds=min(LONGEST_WAIT, 2 ** min(attempts, 10)))
        OutboxMessage.objects.filter(id__in=ids).update(
            attempts=attempts + 1, retry_at=now + wait, failure=reason
        )


def send_again(consumer: str, types: Collection[str]) -> int:
    """Take back as unpublished what `consumer` has not received of these types, and tell how much that is.

    Its queue was lost, with whatever was in it. A consumer that has never received anything is new.
    """
    received = InboxReceipt.objects.filter(consumer=consumer)
    quarantined = QuarantinedMessage.objects.filter(consumer=consumer)
    if not received.exists():
        return 0
    told = OutboxMessage.objects.exclude(payload=REDACTED)
    return told.filter(
        ~Exists(received.filter(event_id=OuterRef("event_id"))),
        ~Exists(quarantined.filter(event_id=OuterRef("event_id"))),
        type__in=types,
        published_at__isnull=False,
    ).update(published_at=None, retry_at=None)
