"""What must be true of events: each change has its own, in order, and tells of something that is there."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Count, Exists, F, Model, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from outbox.envelope import Malformed, read_event
from outbox.models import REDACTED, InboxReceipt, OutboxMessage
from outbox.pruning import KEPT_DAYS
from shared_kernel.services.invariants import Invariant, Rows

_BATCH = 1000


def one_event_for_each_version() -> Rows:
    """Each version of an aggregate has one event at most."""
    versions = OutboxMessage.objects.order_by().values("aggregate_id", "aggregate_version")
    return versions.annotate(events=Count("id")).filter(events__gt=1)


def no_version_is_passed_over() -> Rows:
    """After an event of an aggregate comes that of its next version, if there are later ones."""
    following = OutboxMessage.objects.filter(aggregate_id=OuterRef("aggregate_id"))
    recent = OutboxMessage.objects.filter(recorded_at__gt=_never_pruned_since())
    return (
        recent.filter(Exists(following.filter(aggregate_version__gt=OuterRef("aggregate_version"))))
        .exclude(Exists(following.filter(aggregate_version=OuterRef("aggregate_version") + 1)))
        .order_by()
        .values("aggregate_id", after_version=F("aggregate_version"))
    )


def an_event_is_told_as_it_is_filed() -> Rows:
    """What an event says of its id, type, aggregate and version is what it is filed under."""
    last = 0
    columns = ("id", "event_id", "type", "aggregate_id", "aggregate_version", "payload")
    while batch := list(OutboxMessage.objects.filter(id__gt=last).order_by("id").values(*columns)[:_BATCH]):
        last = batch[-1]["id"]
        yield from ({"event_id": row["event_id"], "type": row["type"]} for row in batch if not _agrees(row))


def an_event_is_received_once() -> Rows:
    """A consumer has one receipt at most for each event."""
    received = InboxReceipt.objects.order_by().values("consumer", "event_id")
    return received.annotate(receipts=Count("id")).filter(receipts__gt=1)


def invariants() -> Sequence[Invariant]:
    """Those of the outbox and the inbox."""
    functions = (
        one_event_for_each_version,
        no_version_is_passed_over,
        an_event_is_told_as_it_is_filed,
        an_event_is_received_once,
    )
    return [Invariant.of("outbox", function) for function in functions]


def without_event(rows: "QuerySet[Any]", *, began: str | None = None) -> "QuerySet[Any]":
    """Of these aggregates' rows, those whose version is not that of their latest event.

    Events that may have been pruned are not missed. What followed the latest is, if that was recorded lately,
    and so are all of an aggregate that `began` lately.
    """
    told = OutboxMessage.objects.filter(aggregate_id=OuterRef("pk")).order_by("-aggregate_version")
    versions = told.values("aggregate_version")
    rows = rows.order_by().annotate(
        told=Subquery(versions[:1]), told_at=Subquery(told.values("recorded_at")[:1])
    )
    wrong = Q(told__gt=F("version")) | Q(told__lt=F("version"), told_at__gt=_never_pruned_since())
    if began is not None:
        rows = rows.annotate(first=Subquery(versions.order_by("aggregate_version")[:1]))
        since = max(_never_pruned_since(), _oldest_event_at())
        wrong |= Q(version__gt=0, **{f"{began}__gt": since}) & (Q(first__isnull=True) | Q(first__gt=1))
    return rows.filter(wrong).values("id", "version", "told")


def of_nobody(types: Collection[str], *tables: type[Model], ends: Collection[str] = ()) -> Rows:
    """The aggregates that events with types of these beginnings tell of, but no row of the tables is.

    An aggregate whose event is of a type of `ends` has gone.
    """
    beginnings = Q()
    for beginning in types:
        beginnings |= Q(type__startswith=beginning)
    told = OutboxMessage.objects.filter(beginnings)
    for table in tables:
        told = told.exclude(Exists(table._default_manager.filter(pk=OuterRef("aggregate_id"))))
    gone = OutboxMessage.objects.filter(aggregate_id=OuterRef("aggregate_id"), type__in=ends)
    told = told.exclude(Exists(gone)) if ends else told
    return told.order_by().values("aggregate_id").distinct()


def unheard(consumer: str, types: Collection[str]) -> QuerySet[OutboxMessage]:
    """The events of these types that a consumer has not taken yet, for a subquery."""
    receipts = InboxReceipt.objects.filter(consumer=consumer, event_id=OuterRef("event_id"))
    return OutboxMessage.objects.filter(~Exists(receipts), type__in=types).order_by()


def last_payloads(aggregates: Collection[UUID]) -> Iterator[tuple[UUID, int, Any]]:  # JSON
    """The latest event of each of these: aggregate, version and data; of none that was forgotten."""
    newer = OutboxMessage.objects.filter(
        aggregate_id=OuterRef("aggregate_id"), aggregate_version__gt=OuterRef("aggregate_version")
    )
    latest = OutboxMessage.objects.filter(~Exists(newer), aggregate_id__in=aggregates)
    for row in latest.exclude(payload=REDACTED).order_by():
        yield row.aggregate_id, row.aggregate_version, msgspec.json.decode(row.payload)["data"]


def _agrees(row: dict[str, Any]) -> bool:  # columns
    if row["payload"] == REDACTED:
        return True
    try:
        event = read_event(row["payload"])
    except Malformed:
        return False
    filed = (row["event_id"], row["type"], row["aggregate_id"], row["aggregate_version"])
    return filed == (event.id, event.type, event.subject, event.aggregateversion)


def _never_pruned_since() -> datetime:
    return timezone.now() - timedelta(days=KEPT_DAYS)


def _oldest_event_at() -> datetime:
    oldest = OutboxMessage.objects.order_by("id").values_list("recorded_at", flat=True).first()
    return oldest or timezone.now()
