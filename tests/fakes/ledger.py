"""Fake consuming contexts: each records its effects in a table, in the transaction of the inbox entry.

`poison` in an event's data makes handling it fail as long as `antidote` is empty.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from django.db import connection

import outbox.bootstrap
from outbox.envelope import ReceivedEvent
from outbox.models import OutboxMessage
from outbox.subscriptions import Subscriber, Subscriptions
from outbox.unit_of_work import transaction_with_outbox
from shared_kernel.domain.events import DomainEvent, Recorded
from shared_kernel.services.bus import Bus


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingHappened(DomainEvent):
    """An event that both contexts subscribe to."""

    type = "things.thing_happened.v1"

    note: str = ""
    poison: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingIgnored(DomainEvent):
    """An event of a context without subscriptions."""

    type = "elsewhere.thing_ignored.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingUnsubscribed(DomainEvent):
    """An event of a context with subscriptions, but not to this type."""

    type = "things.thing_unsubscribed.v1"


class Effect(NamedTuple):
    """The effect of an event in one context."""

    consumer: str
    event_id: UUID
    subject: UUID
    version: int


#: While this list is not empty, poison has no effect.
antidote: list[str] = []


class Poisoned(Exception):
    """Handling this event fails."""


def create_effects_table() -> None:
    """Create the table of effects, without constraints that would hide a duplicate."""
    key = "GENERATED ALWAYS AS IDENTITY" if connection.vendor == "postgresql" else "PRIMARY KEY"
    columns = f"id integer {key}, consumer text, event_id text, subject text, version integer"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE test_effects ({columns})")


def drop_effects_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS test_effects")


def effects(consumer: str | None = None) -> list[Effect]:
    """The effects in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT consumer, event_id, subject, version FROM test_effects ORDER BY id")
        rows = [
            Effect(name, UUID(event_id), UUID(subject), version)
            for name, event_id, subject, version in cursor
        ]
    return [effect for effect in rows if consumer in {None, effect.consumer}]


def record_effect(consumer: str) -> Subscriber:
    def subscriber(event: ReceivedEvent) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO test_effects (consumer, event_id, subject, version) VALUES (%s, %s, %s, %s)",
                [consumer, str(event.id), str(event.subject), event.aggregateversion],
            )
        if event.data["poison"] and not antidote:
            raise Poisoned("this can't be handled\nand this line might name somebody")

    return subscriber


bus = Bus.of(outbox.bootstrap.handlers(), transaction=transaction_with_outbox)
SUBSCRIPTIONS: Subscriptions = {
    "shelf": {ThingHappened.type: record_effect("shelf")},
    "desk": {ThingHappened.type: record_effect("desk")},
}


def commit(
    *subjects: UUID, first_version: int = 1, kind: type[DomainEvent] = ThingHappened, **facts: object
) -> list[UUID]:
    """Commit one event for each mention of an aggregate, with rising versions; return the events' ids."""
    versions: dict[UUID, int] = {}
    events = []
    for subject in subjects:
        versions[subject] = versions.get(subject, first_version - 1) + 1
        events.append(
            Recorded(kind(aggregate_id=subject, occurred_at=datetime.now(UTC), **facts), versions[subject])
        )
    before = OutboxMessage.objects.order_by("-id").values_list("id", flat=True).first() or 0
    OutboxMessage.objects.append(events)
    return list(OutboxMessage.objects.filter(id__gt=before).order_by("id").values_list("event_id", flat=True))


def things(count: int) -> list[UUID]:
    """Ids of new aggregates."""
    return [uuid4() for _ in range(count)]
