"""Redaction: removes the content of delivered events that contain personal data, but keeps the rows."""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from django.db.models import QuerySet

from outbox.models import REDACTED, InboxEntry, OutboxMessage, QuarantinedMessage
from outbox.subscriptions import subscriptions

_BATCH = 500


def events_containing(*, prefixes: Collection[str], containing: str) -> Iterator[Sequence[OutboxMessage]]:
    """The published events with these type prefixes whose payload contains a text, in batches."""
    last = 0
    while batch := list(_published().filter(id__gt=last, payload__contains=containing)[:_BATCH]):
        last = batch[-1].id
        yield [message for message in batch if message.type.startswith(tuple(prefixes))]


def consumed_by_all(messages: Collection[OutboxMessage]) -> list[int]:
    """The ids of those events that every subscribed context has received, so that none needs them again."""
    entries = InboxEntry.objects.filter(event_id__in=[message.event_id for message in messages])
    pairs = sorted(entries.values_list("event_id", "consumer"))
    received_by = {
        id_: {consumer for _, consumer in group} for id_, group in groupby(pairs, key=lambda it: it[0])
    }
    subscribed = subscriptions().items()
    return [
        message.id
        for message in messages
        if {context for context, types in subscribed if message.type in types}
        <= received_by.get(message.event_id, set())
    ]


def redact_events(ids: Collection[int]) -> int:
    """Clear the payload of these events and delete their replayed copies in quarantine; returns how many."""
    events = _published().filter(id__in=ids)
    QuarantinedMessage.objects.filter(
        event_id__in=list(events.values_list("event_id", flat=True)), replayed_at__isnull=False
    ).delete()
    return events.update(payload=REDACTED)


def _published() -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(published_at__isnull=False).exclude(payload=REDACTED).order_by("id")
