"""Writes many new aggregates at once, with their events as outbox and inboxes have them afterwards."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from random import getrandbits
from time import time_ns
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, models

from outbox.envelope import write_event
from outbox.models import InboxEntry, OutboxMessage
from outbox.subscriptions import subscriptions
from outbox.unit_of_work import DjangoRepository
from shared_kernel.domain.aggregates import Aggregate
from shared_kernel.domain.events import Recorded
from shared_kernel.services.request_context import RequestContext

Row = Mapping[str, Any]  # values by column, as various as columns
#: What drivers take as it is.
_PLAIN = (models.CharField, models.TextField, models.IntegerField)
_REMEMBERED = 10_000


class Table:
    """A model's table, filled by COPY on PostgreSQL and by one prepared INSERT on SQLite."""

    def __init__(self, model: type[models.Model]) -> None:
        self._fields = [
            field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)
        ]
        quote = connection.ops.quote_name
        columns = ", ".join(quote(each.column or each.name) for each in self._fields)
        self._readers = [_reader(field) for field in self._fields]
        self._into = f"{quote(model._meta.db_table)} ({columns})"

    def insert(self, rows: Iterable[Row]) -> None:
        """Insert the rows. A column that a row doesn't name gets its field's default."""
        values = map(self._values, rows)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with connection.wrap_database_errors, cursor.copy(f"COPY {self._into} FROM STDIN") as copy:
                    for each in values:
                        copy.write_row(each)
                return
            places = ", ".join(["%s"] * len(self._fields))
            insert = f"INSERT INTO {self._into} VALUES ({places})"  # noqa: S608  the model's names
            cursor.executemany(insert, list(values))

    def _values(self, row: Row) -> list[Any]:
        return [read(row) for read in self._readers]


def _reader(field: Any) -> Callable[[Row], Any]:  # a field of any type
    name, default = field.attname, field.get_default
    if isinstance(field, _PLAIN):
        return lambda row: row[name] if name in row else default()
    stored: Callable[[Any], Any] = partial(field.get_db_prep_save, connection=connections[DEFAULT_DB_ALIAS])
    if not isinstance(field, models.JSONField):  # ids and instants come in several rows, and can be hashed
        stored = lru_cache(maxsize=_REMEMBERED)(stored)
    return lambda row: stored(row[name] if name in row else default())


class BulkInsert:
    """Stores aggregates in the transaction that is open.

    Each event is in the outbox as published and has an entry in every inbox that listens to it, so that
    nobody is ever sent it again. What a listener makes of it is the caller's to write.
    """

    def __init__(self, *, at: datetime, origin: RequestContext) -> None:
        self._at = at
        self._origin = origin
        self._tables: dict[type[models.Model], Table] = {}
        self._listeners = {
            type_: [consumer for consumer, types in subscriptions().items() if type_ in types]
            for types in subscriptions().values()
            for type_ in types
        }

    def table(self, model: type[models.Model]) -> Table:
        """The table of a model."""
        return self._tables.setdefault(model, Table(model))

    def store(self, repository: DjangoRepository[Any, Any], aggregates: Sequence[Aggregate]) -> None:
        """Insert new aggregates by their repository's mapping, and their events."""
        self.table(repository.rows).insert(
            {"id": each.id, "version": each.version, **repository.columns(each)} for each in aggregates
        )
        messages = [self._message(recorded) for each in aggregates for recorded in each.pull_events()]
        self.table(OutboxMessage).insert(messages)
        self.table(InboxEntry).insert(self._inbox_entries(messages))

    def _message(self, recorded: Recorded) -> Row:
        # Like a random one, but rising: see Volume.id_of.
        event_id = UUID(int=time_ns() << 64 | getrandbits(64), version=4)
        return {
            "event_id": event_id,
            "type": recorded.event.type,
            "aggregate_id": recorded.event.aggregate_id,
            "aggregate_version": recorded.version,
            "payload": write_event(recorded, event_id=event_id, context=self._origin),
            "recorded_at": self._at,
            "published_at": self._at,
        }

    def _inbox_entries(self, messages: Iterable[Row]) -> Iterator[Row]:
        for message in messages:
            for consumer in self._listeners.get(message["type"], ()):
                yield {
                    "consumer": consumer,
                    "event_id": message["event_id"],
                    "digest": hashlib.sha256(message["payload"].encode()).hexdigest(),
                    "received_at": self._at,
                }
