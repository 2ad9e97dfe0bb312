"""The queues of holds in the database: one row to lock for each book, one row for each hold."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from lending.domain.hold import ACTIVE_STATES, Hold, HoldState
from lending.domain.hold_queue import AlreadyHeld, HoldNotActive, HoldNotFound, HoldQueue, queue_id
from lending.models import HoldQueueRow, HoldRow
from lending.services.shelf_to_clear import shelf_to_clear
from outbox.unit_of_work import DjangoRepository
from shared_kernel.domain.events import Recorded
from shared_kernel.services.request_context import RequestClock
from shared_kernel.sql.queries import CompiledQuery, Param, compiled_filter

_ACTIVE = tuple(state.value for state in ACTIVE_STATES)


class DjangoHoldQueues(DjangoRepository[HoldQueue, HoldQueueRow]):
    rows = HoldQueueRow
    related_rows = (HoldRow,)
    refusals = {"lending_one_active_hold_per_book_and_patron": AlreadyHeld}

    def __init__(self) -> None:
        super().__init__()
        self._ranks: dict[UUID, int] = {}

    def of_book(self, book_id: UUID, *, title: str) -> HoldQueue:
        """The queue of a book, locked; its row is made when it is first needed."""
        locked = compiled_filter(HoldQueueRow, "book_id", lock=True)
        found = locked(book_id=book_id)
        if not found:
            made = HoldQueueRow(id=queue_id(book_id), version=0, book_id=book_id)
            HoldQueueRow.objects.bulk_create([made], ignore_conflicts=True)
            found = locked(book_id=book_id)
        [row] = found
        return self._identity_map.setdefault(row.id, self._assembled(row, title=title))

    def peek(self, book_id: UUID, *, title: str) -> HoldQueue:
        """The queue for reading."""
        row = HoldQueueRow.objects.filter(book_id=book_id).first()
        return self._assembled(row, title=title) if row else HoldQueue(book_id=book_id, book_title=title)

    def of_hold(self, hold_id: UUID, *, patron: UUID | None = None) -> HoldQueue:
        """The queue that an active hold (of this patron, if one is given) is in, locked."""
        known = HoldRow.objects.filter(id=hold_id, **({"patron_id": patron} if patron else {}))
        row = known.values("book_id", "title").first()
        if row is None:
            raise HoldNotFound(id=str(hold_id))
        queue = self.of_book(row["book_id"], title=row["title"])
        if all(hold.id != hold_id for hold in queue.holds):
            raise HoldNotActive(state=known.values_list("state", flat=True).get())
        return queue

    def clear_copy(self, copy_id: UUID, *, at: datetime) -> bool:
        """Record that the copy was scanned off the hold shelf, where an ended hold had left it."""
        left = list(shelf_to_clear(at).filter(copy_id=copy_id).values_list("id", flat=True))
        return bool(left) and HoldRow.objects.filter(id__in=left).update(cleared_at=at) > 0

    def count_of_patron(self, patron_id: UUID) -> int:
        """How many active holds a patron has."""
        return HoldRow.objects.filter(patron_id=patron_id, state__in=_ACTIVE).count()

    def recorded(self) -> list[Recorded]:
        """The events of every queue, the last of which may be that another hold is the first now."""
        for queue in self._identity_map.values():
            queue.record_first()
        return super().recorded()

    def is_new(self, aggregate: HoldQueue) -> bool:  # noqa: ARG002  its row is made when it is locked
        """Never: locking a queue creates its row."""
        return False

    def columns(self, aggregate: HoldQueue) -> dict[str, Any]:
        """The queue's row keeps its version alone."""
        return {"book_id": aggregate.book_id}

    def _overwrite(self, aggregate: HoldQueue) -> None:
        super()._overwrite(aggregate)
        self._store(aggregate, aggregate.ended, ended=True)
        self._store(aggregate, aggregate.holds, ended=False)
        aggregate.ended.clear()

    def _assembled(self, row: HoldQueueRow, *, title: str) -> HoldQueue:
        active = _active(book_id=row.book_id) if row.version else []  # nobody has ever waited
        self._ranks.update({each.id: each.rank for each in active})
        holds = [_hold(each) for each in active]
        return HoldQueue(book_id=row.book_id, book_title=title, holds=holds, version=row.version)

    def _store(self, queue: HoldQueue, holds: Iterable[Hold], *, ended: bool) -> None:
        """Write the holds; one whose place has changed gets a new highest rank."""
        highest = max(self._ranks.values(), default=0)
        last = 0
        for hold in holds:
            rank = self._ranks.get(hold.id)
            is_new = rank is None
            if rank is None or (rank < last and not ended):
                highest += 1
                rank = self._ranks[hold.id] = highest
            last = rank
            values = _columns(hold, queue, rank=rank, ended=ended)
            if is_new:
                HoldRow.objects.bulk_create([HoldRow(id=hold.id, **values)])
            else:
                HoldRow.objects.filter(id=hold.id).update(**values)


_active = CompiledQuery(
    lambda: HoldRow.objects.filter(book_id=Param(HoldRow, "book_id"), state__in=_ACTIVE).order_by("rank")
)


def _hold(row: HoldRow) -> Hold:
    assert row.patron_id  # noqa: S101  guaranteed by lending_active_hold_is_somebodys
    return Hold(
        id=row.id,
        patron_id=row.patron_id,
        placed_at=row.placed_at,
        pickup_branch=row.pickup_branch,
        wanted_copy=row.wanted_copy_id,
        state=HoldState(row.state),
        copy_id=row.copy_id,
        barcode=row.barcode,
        pickup_deadline_at=row.pickup_deadline_at,
        suspended=row.suspended,
        suspended_until=row.suspended_until,
        became_first=row.became_first,
    )


def _columns(hold: Hold, queue: HoldQueue, *, rank: int, ended: bool) -> dict[str, Any]:
    return {
        "book_id": queue.book_id,
        "title": queue.book_title,
        "patron_id": hold.patron_id,
        "state": hold.state.value,
        "rank": rank,
        "placed_at": hold.placed_at,
        "pickup_branch": hold.pickup_branch,
        "wanted_copy_id": hold.wanted_copy,
        "copy_id": hold.copy_id,
        "barcode": hold.barcode,
        "pickup_deadline_at": hold.pickup_deadline_at,
        "suspended": hold.suspended,
        "suspended_until": hold.suspended_until,
        "became_first": hold.became_first,
        "ended_at": RequestClock().now() if ended else None,
    }
