"""Where changes and their events become one transaction."""

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
from shared_kernel.sql import compiled_filter, deferred_inserts, insert, update

A = TypeVar("A", bound=Aggregate)
R = TypeVar("R", bound=models.Model)
T = TypeVar("T")

_DeferredWrites = dict[Callable[[list[Any]], None], list[Any]]
#: What the units of work that are undone together have left to be written at their end, by who writes it.
_deferred_writes: ContextVar[_DeferredWrites | None] = ContextVar("left", default=None)


class SharedTransactionRolledBack(Exception):
    """One of many units of work failed, and though somebody expected that, none of them has happened."""


@contextmanager
def shared_transaction() -> Iterator[None]:
    """One transaction for many units of work: where one fails, none of them has happened.

    So none needs a savepoint of its own: two statements each, and beyond 64 of them in a transaction they
    slow down every other session of PostgreSQL. Raises
    SharedTransactionRolledBack where a failure was suppressed inside.
    """
    with transaction.atomic():
        writes: _DeferredWrites = {}
        token = _deferred_writes.set(writes)
        try:
            yield
        finally:
            _deferred_writes.reset(token)
        if transaction.get_rollback():  # which Django would do without a word
            raise SharedTransactionRolledBack
        for write, things in writes.items():
            write(things)


def defer_write(write: Callable[[list[T]], None], thing: T) -> None:
    """Have it written by one call with what other units of work leave to `write`; alone, at once.

    Only for what none of them reads.
    """
    writes = _deferred_writes.get()
    if writes is None:
        write([thing])
    else:
        writes.setdefault(write, []).append(thing)


@contextmanager
def transaction_with_outbox(*repositories: Repository) -> Iterator[None]:
    """One transaction: on leaving, write what changed and, with it, what happened. All of it or nothing.

    Raises ConcurrentChange where somebody else has told of the same version first.
    """
    try:
        with transaction.atomic(savepoint=_deferred_writes.get() is None), deferred_inserts():
            yield
            happened = [event for repository in repositories for event in repository.recorded()]
            # Of one aggregate, the row and the events go in one statement. Of several, each row is locked
            # before any event is told: else two transactions could wait for each other.
            is_about_one = len({it.event.aggregate_id for it in happened}) == 1
            if is_about_one:
                OutboxMessage.objects.append(happened)
            for repository in repositories:
                repository.flush()
            if not is_about_one:
                OutboxMessage.objects.append(happened)
    except IntegrityError as error:
        if broken_constraint(error, OutboxMessage) != "outbox_one_event_per_version":
            raise
        raise ConcurrentChange from error


class DjangoRepository(Generic[A, R]):
    """Keeps one kind of aggregate in one table, for the span of one unit of work.

    A subclass says how a row and an aggregate become each other (`rebuild`, `columns`) and which refusal
    each of the table's constraints stands for. The table has an `id` and a `version`.
    """

    rows: type[R]
    missing: ClassVar[type[NotFound]] = NotFound
    refusals: ClassVar[Mapping[str, type[Refusal]]] = {}
    further_rows: ClassVar[Sequence[type[models.Model]]] = ()  # tables of what the aggregate consists of

    def __init__(self) -> None:
        self._identity_map: dict[UUID, A] = {}
        self._removed: set[UUID] = set()

    def rebuild(self, row: R) -> A:
        """The aggregate as the row tells it."""
        raise NotImplementedError

    def columns(self, aggregate: A) -> dict[str, Any]:  # column values are as various as columns
        """The row's values besides id and version."""
        raise NotImplementedError

    def add(self, aggregate: A) -> None:
        """Take a new aggregate in."""
        self._identity_map[aggregate.id] = aggregate

    def remove(self, aggregate: A) -> None:
        """Let an aggregate go; its last event says so."""
        self._removed.add(aggregate.id)

    def get(self, id: UUID, *, lock: bool = False) -> A:
        """The aggregate with this id; `lock` keeps others from changing it until the end. Raises NotFound."""
        found = self.find(lock=lock, id=id)
        if found is None:
            raise self.missing(id=str(id))
        return found

    def find(self, *, lock: bool = False, **lookup: object) -> A | None:
        """The one aggregate whose columns have these values, if there is one."""
        for row in compiled_filter(self.rows, *lookup, lock=lock)(**lookup):
            return self.attach(row)
        return None

    def attach(self, row: R) -> A:
        """The aggregate of this row: the same object however often it is read in a unit of work."""
        found = self._identity_map.get(row.pk)
        if found is None:
            found = self._identity_map[row.pk] = self.rebuild(row)
        return found

    def flush(self) -> None:
        """Write every aggregate that recorded events. Raises the refusal a broken constraint stands for."""
        changed = [each for each in self._identity_map.values() if each.has_changed]
        try:
            new = [each for each in changed if self.is_new(each)]
            insert(self.rows, *(self._row(each) for each in new))
            for each in changed:
                if not self.is_new(each):
                    self._overwrite(each)
        except IntegrityError as error:
            refusal = self.refusals.get(broken_constraint(error, self.rows, *self.further_rows) or "")
            if refusal is None:
                raise
            raise refusal from error

    def is_new(self, aggregate: A) -> bool:
        """Whether the aggregate has no row yet."""
        return aggregate.loaded_version == 0

    def _overwrite(self, aggregate: A) -> None:
        loaded = {"id": aggregate.id, "version": aggregate.loaded_version}
        if aggregate.id in self._removed:
            hit, _ = self.rows._default_manager.filter(**loaded).delete()
        else:
            hit = update(self.rows, self._row(aggregate), where=loaded)
        if not hit:
            raise ConcurrentChange

    def _row(self, aggregate: A) -> dict[str, Any]:  # see columns
        return {"id": aggregate.id, "version": aggregate.version, **self.columns(aggregate)}

    def recorded(self) -> list[Recorded]:
        """The events of every aggregate of this unit of work, in order for each."""
        return [event for each in self._identity_map.values() for event in each.recorded]
