"""Forgetting what delivered events told, where it is not to be known any more. That they were, stays."""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from django.db.models import QuerySet

from outbox.models import REDACTED, InboxReceipt, OutboxMessage, QuarantinedMessage
from outbox.subscriptions import subscriptions

_BATCH = 500


def events_containing(*, prefixes: Collection[str], containing: str) -> Iterator[Sequence[OutboxMessage]]:
    """The published events of these types that still tell something with these words, a batch at a time."""
    last = 0
    while batch := list(_published().filter(id__gt=last, payload__contains=containing)[:_BATCH]):
        last = batch[-1].id
        yield [message for message in batch if message.type.startswith(tuple(prefixes))]


def consumed_by_all(messages: Collection[OutboxMessage]) -> list[int]:
    """Those of these events that every context which listens has taken: nobody will ask for them again."""
    receipts = InboxReceipt.objects.filter(event_id__in=[message.event_id for message in messages])
    pairs = sorted(receipts.values_list("event_id", "consumer"))
    heard = {id_: {consumer for _, consumer in group} for id_, group in groupby(pairs, key=lambda it: it[0])}
    listening = subscriptions().items()
    return [
        message.id
        for message in messages
        if {context for context, types in listening if message.type in types}
        <= heard.get(message.event_id, set())
    ]


def redact_events(ids: Collection[int]) -> int:
    """Empty these messages, and drop what was quarantined of them and handled since; tells how many."""
    known = _published().filter(id__in=ids)
    QuarantinedMessage.objects.filter(
        event_id__in=list(known.values_list("event_id", flat=True)), replayed_at__isnull=False
    ).delete()
    return known.update(payload=REDACTED)


def _published() -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(published_at__isnull=False).exclude(payload=REDACTED).order_by("id")
