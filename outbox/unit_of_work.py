"""The unit of work: writes changed aggregates and their events in one transaction."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from django.db import IntegrityError, models, transaction

from outbox.constraints import broken_constraint
from outbox.models import OutboxMessage
from shared_kernel.domain.aggregates import Aggregate
from shared_kernel.domain.errors import ConcurrentChange, NotFound, Refusal
from shared_kernel.domain.events import Recorded
from shared_kernel.services.bus import Repository
from shared_kernel.sql.queries import compiled_filter
from shared_kernel.sql.writes import deferred_statements, insert, update

A = TypeVar("A", bound=Aggregate)
R = TypeVar("R", bound=models.Model)
T = TypeVar("T")

_DeferredWrites = dict[Callable[[list[Any]], None], list[Any]]
#: The deferred writes of the current shared transaction, by the function that writes them.
_deferred_writes: ContextVar[_DeferredWrites | None] = ContextVar("deferred_writes", default=None)


class SharedTransactionRolledBack(Exception):
    """A unit of work failed and its error was suppressed, but the shared transaction is rolled back."""


@contextmanager
def shared_transaction() -> Iterator[None]:
    """One transaction for many units of work: if one fails, all roll back.

    Therefore none needs a savepoint, which costs two statements; more than 64 in a transaction slow down
    every other session of PostgreSQL. Raises SharedTransactionRolledBack if an error was suppressed inside.
    """
    with transaction.atomic():
        writes: _DeferredWrites = {}
        token = _deferred_writes.set(writes)
        try:
            yield
        finally:
            _deferred_writes.reset(token)
        if transaction.get_rollback():  # which Django would do silently
            raise SharedTransactionRolledBack
        for write, values in writes.items():
            write(values)


def defer_write(write: Callable[[list[T]], None], value: T) -> None:
    """In a shared transaction, write all deferred values with one call at its end; otherwise write now.

    Only for values that no unit of work in the transaction reads.
    """
    writes = _deferred_writes.get()
    if writes is None:
        write([value])
    else:
        writes.setdefault(write, []).append(value)


@contextmanager
def transaction_with_outbox(*repositories: Repository) -> Iterator[None]:
    """One transaction: at its end, write the changed aggregates and their events.

    Raises ConcurrentChange if another transaction has written the same version of an aggregate.
    """
    try:
        with transaction.atomic(savepoint=_deferred_writes.get() is None), deferred_statements():
            yield
            events = [event for repository in repositories for event in repository.recorded()]
            # The row and the events of one aggregate are written by one statement. Of several aggregates, all
            # rows are written, and so locked, before any event: otherwise two transactions could deadlock.
            has_one_aggregate = len({each.event.aggregate_id for each in events}) == 1
            if has_one_aggregate:
                OutboxMessage.objects.append(events)
            for repository in repositories:
                repository.flush()
            if not has_one_aggregate:
                OutboxMessage.objects.append(events)
    except IntegrityError as error:
        if broken_constraint(error, OutboxMessage) != "outbox_one_event_per_version":
            raise
        raise ConcurrentChange from error


class DjangoRepository(Generic[A, R]):
    """A repository of one kind of aggregate in one table, for one unit of work.

    A subclass maps rows to aggregates (`rebuild`) and back (`columns`), and the table's constraints to
    refusals. The table has an `id` and a `version`.
    """

    rows: type[R]
    missing: ClassVar[type[NotFound]] = NotFound
    refusals: ClassVar[Mapping[str, type[Refusal]]] = {}
    related_rows: ClassVar[Sequence[type[models.Model]]] = ()  # tables of the aggregate's parts

    def __init__(self) -> None:
        self._identity_map: dict[UUID, A] = {}
        self._removed: set[UUID] = set()

    def rebuild(self, row: R) -> A:
        """The aggregate of a row."""
        raise NotImplementedError

    def columns(self, aggregate: A) -> dict[str, Any]:  # column values of any type
        """The row's values besides id and version."""
        raise NotImplementedError

    def add(self, aggregate: A) -> None:
        """Add a new aggregate."""
        self._identity_map[aggregate.id] = aggregate

    def remove(self, aggregate: A) -> None:
        """Delete an aggregate; its last event records that."""
        self._removed.add(aggregate.id)

    def get(self, id: UUID, *, lock: bool = False) -> A:
        """The aggregate with this id; `lock` locks its row (SELECT FOR UPDATE). Raises NotFound."""
        found = self.find(lock=lock, id=id)
        if found is None:
            raise self.missing(id=str(id))
        return found

    def find(self, *, lock: bool = False, **lookup: object) -> A | None:
        """The aggregate whose columns have these values, or None."""
        for row in compiled_filter(self.rows, *lookup, lock=lock)(**lookup):
            return self.attach(row)
        return None

    def attach(self, row: R) -> A:
        """The aggregate of this row, which is the same object throughout the unit of work."""
        found = self._identity_map.get(row.pk)
        if found is None:
            found = self._identity_map[row.pk] = self.rebuild(row)
        return found

    def flush(self) -> None:
        """Write every aggregate that recorded events. Raises the refusal of a violated constraint."""
        changed = [each for each in self._identity_map.values() if each.has_changed]
        try:
            new = [each for each in changed if self.is_new(each)]
            insert(self.rows, *(self._row(each) for each in new))
            for each in changed:
                if not self.is_new(each):
                    self._overwrite(each)
        except IntegrityError as error:
            refusal = self.refusals.get(broken_constraint(error, self.rows, *self.related_rows) or "")
            if refusal is None:
                raise
            raise refusal from error

    def is_new(self, aggregate: A) -> bool:
        """Whether the aggregate has no row yet."""
        return aggregate.loaded_version == 0

    def _overwrite(self, aggregate: A) -> None:
        loaded = {"id": aggregate.id, "version": aggregate.loaded_version}
        if aggregate.id in self._removed:
            count, _ = self.rows._default_manager.filter(**loaded).delete()
        else:
            count = update(self.rows, self._row(aggregate), where=loaded)
        if not count:
            raise ConcurrentChange

    def _row(self, aggregate: A) -> dict[str, Any]:  # see columns
        return {"id": aggregate.id, "version": aggregate.version, **self.columns(aggregate)}

    def recorded(self) -> list[Recorded]:
        """The events of every aggregate of this unit of work, in order for each."""
        return [event for each in self._identity_map.values() for event in each.recorded]
