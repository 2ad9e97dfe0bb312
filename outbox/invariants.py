"""Invariants of event delivery: every version has one event, and every event belongs to an aggregate."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Count, Exists, F, Model, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from outbox.envelope import MalformedEvent, read_event
from outbox.models import REDACTED, InboxEntry, OutboxMessage
from outbox.pruning import RETENTION_DAYS
from shared_kernel.services.invariants import Invariant, Rows

_BATCH = 1000


def one_event_for_each_version() -> Rows:
    """Each version of an aggregate has at most one event."""
    versions = OutboxMessage.objects.order_by().values("aggregate_id", "aggregate_version")
    return versions.annotate(events=Count("id")).filter(events__gt=1)


def no_version_is_missing() -> Rows:
    """The versions of an aggregate's events have no gap."""
    later = OutboxMessage.objects.filter(aggregate_id=OuterRef("aggregate_id"))
    recent = OutboxMessage.objects.filter(recorded_at__gt=_pruning_cutoff())
    return (
        recent.filter(Exists(later.filter(aggregate_version__gt=OuterRef("aggregate_version"))))
        .exclude(Exists(later.filter(aggregate_version=OuterRef("aggregate_version") + 1)))
        .order_by()
        .values("aggregate_id", after_version=F("aggregate_version"))
    )


def payload_matches_columns() -> Rows:
    """The id, type, aggregate and version in the payload of an event equal those in its columns."""
    last = 0
    columns = ("id", "event_id", "type", "aggregate_id", "aggregate_version", "payload")
    while batch := list(OutboxMessage.objects.filter(id__gt=last).order_by("id").values(*columns)[:_BATCH]):
        last = batch[-1]["id"]
        yield from (
            {"event_id": row["event_id"], "type": row["type"]} for row in batch if not _payload_matches(row)
        )


def event_is_received_once() -> Rows:
    """A consumer has at most one inbox entry for each event."""
    received = InboxEntry.objects.order_by().values("consumer", "event_id")
    return received.annotate(entries=Count("id")).filter(entries__gt=1)


def invariants() -> Sequence[Invariant]:
    """The invariants of the outbox and the inbox."""
    functions = (
        one_event_for_each_version,
        no_version_is_missing,
        payload_matches_columns,
        event_is_received_once,
    )
    return [Invariant.of("outbox", function) for function in functions]


def rows_without_event(rows: "QuerySet[Any]", *, began: str | None = None) -> "QuerySet[Any]":
    """Those of these aggregates' rows whose version differs from that of their latest event.

    Events that may have been pruned are not reported as missing. `began` names the column with the time of
    creation: with it, a recent aggregate without its first event is reported as well.
    """
    events = OutboxMessage.objects.filter(aggregate_id=OuterRef("pk")).order_by("-aggregate_version")
    versions = events.values("aggregate_version")
    rows = rows.order_by().annotate(
        event_version=Subquery(versions[:1]), event_at=Subquery(events.values("recorded_at")[:1])
    )
    wrong = Q(event_version__gt=F("version")) | Q(
        event_version__lt=F("version"), event_at__gt=_pruning_cutoff()
    )
    if began is not None:
        rows = rows.annotate(first=Subquery(versions.order_by("aggregate_version")[:1]))
        since = max(_pruning_cutoff(), _oldest_event_at())
        wrong |= Q(version__gt=0, **{f"{began}__gt": since}) & (Q(first__isnull=True) | Q(first__gt=1))
    return rows.filter(wrong).values("id", "version", "event_version")


def orphaned_events(types: Collection[str], *tables: type[Model], ends: Collection[str] = ()) -> Rows:
    """The aggregates that have events with these type prefixes, but no row in any of the tables.

    Aggregates with an event of a type in `ends` are omitted: they were removed.
    """
    prefixes = Q()
    for prefix in types:
        prefixes |= Q(type__startswith=prefix)
    events = OutboxMessage.objects.filter(prefixes)
    for table in tables:
        events = events.exclude(Exists(table._default_manager.filter(pk=OuterRef("aggregate_id"))))
    ended = OutboxMessage.objects.filter(aggregate_id=OuterRef("aggregate_id"), type__in=ends)
    events = events.exclude(Exists(ended)) if ends else events
    return events.order_by().values("aggregate_id").distinct()


def unconsumed_events(consumer: str, types: Collection[str]) -> QuerySet[OutboxMessage]:
    """The events of these types that a consumer has not received yet, for a subquery."""
    entries = InboxEntry.objects.filter(consumer=consumer, event_id=OuterRef("event_id"))
    return OutboxMessage.objects.filter(~Exists(entries), type__in=types).order_by()


def latest_payloads(aggregates: Collection[UUID]) -> Iterator[tuple[UUID, int, Any]]:  # JSON
    """The aggregate, version and data of the latest event of each of these, without redacted events."""
    newer = OutboxMessage.objects.filter(
        aggregate_id=OuterRef("aggregate_id"), aggregate_version__gt=OuterRef("aggregate_version")
    )
    latest = OutboxMessage.objects.filter(~Exists(newer), aggregate_id__in=aggregates)
    for row in latest.exclude(payload=REDACTED).order_by():
        yield row.aggregate_id, row.aggregate_version, msgspec.json.decode(row.payload)["data"]


def _payload_matches(row: dict[str, Any]) -> bool:  # columns
    if row["payload"] == REDACTED:
        return True
    try:
        event = read_event(row["payload"])
    except MalformedEvent:
        return False
    columns = (row["event_id"], row["type"], row["aggregate_id"], row["aggregate_version"])
    return columns == (event.id, event.type, event.subject, event.aggregateversion)


def _pruning_cutoff() -> datetime:
    return timezone.now() - timedelta(days=RETENTION_DAYS)


def _oldest_event_at() -> datetime:
    oldest = OutboxMessage.objects.order_by("id").values_list("recorded_at", flat=True).first()
    return oldest or timezone.now()
