"""The messages still to be published, and the order in which they may be: per aggregate, by version."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from outbox.models import MAX_REASON_LENGTH, REDACTED, InboxEntry, OutboxMessage, QuarantinedMessage
from outbox.publishing import OutboundMessage, PublishResult
from shared_kernel.sql.queries import array_param

#: The longest delay in seconds before a failing message is retried. Retries never end.
MAX_RETRY_SECONDS = 60
_COLUMNS = ("id", "event_id", "type", "aggregate_id", "payload", "attempts")


def pending_messages() -> QuerySet[OutboxMessage]:
    """Unpublished messages that have never failed, oldest first.

    They are selected by state, not by "id above the last one seen": ids are assigned before the commit, so
    a slow transaction's message would be skipped.
    """
    return OutboxMessage.objects.filter(published_at__isnull=True, retry_at__isnull=True).order_by("id")


def failing_messages() -> QuerySet[OutboxMessage]:
    """Unpublished messages that failed for a reason of their own, by the time of their next retry."""
    return OutboxMessage.objects.filter(published_at__isnull=True, retry_at__isnull=False).order_by(
        "retry_at"
    )


def has_due() -> bool:
    """Whether any message can be published or retried now."""
    return pending_messages().exists() or _due_retries().exists()


def next_batch(limit: int) -> list[OutboundMessage]:
    """The next messages to publish, at most `limit`, oldest first.

    They are due and not blocked by a failing message of their aggregate. At most half of them are retries.
    """
    retries = _publishable(_due_retries(), max(1, limit // 2))
    first_attempts = _publishable(pending_messages(), limit - len(retries))
    return sorted([*retries, *first_attempts], key=lambda message: message.id)


def _due_retries() -> QuerySet[OutboxMessage]:
    return failing_messages().filter(retry_at__lte=timezone.now())


def _publishable(messages: QuerySet[OutboxMessage], limit: int) -> list[OutboundMessage]:
    """The first of these messages that no failing message of their aggregate blocks.

    Plain queries on one table each: a join tempted PostgreSQL into a plan of quadratic cost.
    """
    publishable: list[OutboundMessage] = []
    offset = 0
    while len(publishable) < limit:
        page = list(messages.values(*_COLUMNS, "aggregate_version")[offset : offset + limit])
        first_failing = _first_failing_versions({row["aggregate_id"] for row in page})
        for row in page:
            version = row.pop("aggregate_version")
            if first_failing.get(row["aggregate_id"], version) >= version:
                publishable.append(OutboundMessage(**row))
        offset += len(page)
        if len(page) < limit:
            break
    return publishable[:limit]


def _first_failing_versions(aggregates: Collection[UUID]) -> dict[UUID, int]:
    """The version of the first failing message, by aggregate."""
    if failing_messages().values_list("id").first() is None:
        return {}
    messages = failing_messages().filter(aggregate_id__in=aggregates)
    messages = messages.order_by("aggregate_id", "-aggregate_version")
    return dict(messages.values_list("aggregate_id", "aggregate_version"))


def record_result(messages: Iterable[OutboundMessage], result: PublishResult) -> None:
    """Mark confirmed messages as published and schedule the retry of failed ones."""
    now = timezone.now()
    confirmed = array_param(OutboxMessage, "id", result.confirmed)
    OutboxMessage.objects.filter(id__in=confirmed).update(published_at=now)
    failed: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for message in messages:
        if reason := result.failures.get(message.id):
            failed[message.attempts, reason[:MAX_REASON_LENGTH]].append(message.id)
    for (attempts, reason), ids in failed.items():
        delay = timedelta(seconds=min(MAX_RETRY_SECONDS, 2 ** min(attempts, 10)))
        OutboxMessage.objects.filter(id__in=ids).update(
            attempts=attempts + 1, retry_at=now + delay, failure=reason
        )


def republish(consumer: str, types: Collection[str]) -> int:
    """Mark the events that `consumer` has not received as unpublished, and return how many there are.

    For a lost queue, whose content is lost with it. Does nothing for a new consumer, which has never received
    anything.
    """
    received = InboxEntry.objects.filter(consumer=consumer)
    quarantined = QuarantinedMessage.objects.filter(consumer=consumer)
    if not received.exists():
        return 0
    readable = OutboxMessage.objects.exclude(payload=REDACTED)
    return readable.filter(
        ~Exists(received.filter(event_id=OuterRef("event_id"))),
        ~Exists(quarantined.filter(event_id=OuterRef("event_id"))),
        type__in=types,
        published_at__isnull=False,
    ).update(published_at=None, retry_at=None)
