"""Contexts that listen, for tests: each writes down what took effect, in the transaction of its receipt.

`poison` in an event's data makes handling it fail, for as long as `antidote` is not given.
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
    """Something that both listening contexts want to know."""

    type = "things.thing_happened.v1"

    note: str = ""
    poison: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyCared(DomainEvent):
    """Something of a context that nobody listens to."""

    type = "elsewhere.nobody_cared.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingPassed(DomainEvent):
    """Something of a context that is listened to, of a type that isn't."""

    type = "things.thing_passed.v1"


class Effect(NamedTuple):
    """What one context did because of one event."""

    consumer: str
    event_id: UUID
    subject: UUID
    version: int


#: Anything in here cures all poison.
antidote: list[str] = []


class Poisoned(Exception):
    """Handling this event fails."""


def create_effects_table() -> None:
    """Make the table that the effects are written to: no constraint hides a doubled one."""
    key = "GENERATED ALWAYS AS IDENTITY" if connection.vendor == "postgresql" else "PRIMARY KEY"
    columns = f"id integer {key}, consumer text, event_id text, subject text, version integer"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE test_effects ({columns})")


def drop_effects_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS test_effects")


def effects(consumer: str | None = None) -> list[Effect]:
    """What took effect, in that order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT consumer, event_id, subject, version FROM test_effects ORDER BY id")
        rows = [
            Effect(who, UUID(event_id), UUID(subject), version) for who, event_id, subject, version in cursor
        ]
    return [effect for effect in rows if consumer in {None, effect.consumer}]


def write_down(consumer: str) -> Subscriber:
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
    "shelf": {ThingHappened.type: write_down("shelf")},
    "desk": {ThingHappened.type: write_down("desk")},
}


def commit(
    *subjects: UUID, first_version: int = 1, kind: type[DomainEvent] = ThingHappened, **facts: object
) -> list[UUID]:
    """Commit one event for each mention of an aggregate, its versions counted up; answer the events' ids."""
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
    """New aggregates."""
    return [uuid4() for _ in range(count)]
