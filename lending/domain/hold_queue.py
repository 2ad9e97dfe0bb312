"""The queue of holds on one book, in order, and the copies allocated to them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid5

from lending.domain import hold_queue_events as events
from lending.domain.hold import Hold, HoldState
from shared_kernel.domain.aggregates import Aggregate
from shared_kernel.domain.errors import InvalidValue, NotFound, Refusal

_QUEUES = UUID("0c1d5b1e-93f4-5f0a-8a3e-6d1f5a2b7c40")
E = TypeVar("E", bound=events.HoldEvent)


class HoldNotFound(NotFound):
    message = "No hold has this id."


class AlreadyHeld(Refusal):
    code = "already_held"
    message = "The patron already has a hold on this book."


class HoldNotActive(Refusal):
    code = "hold_not_active"
    message = "This can't be done: the hold is {state}."


class HoldAlreadyBegun(Refusal):
    code = "hold_already_begun"
    message = "The hold is {state}: a copy is already set aside for it."


class HoldNotAllocated(Refusal):
    code = "hold_not_allocated"
    message = "Only an allocated hold can be marked ready; this one is {state}."


class QueueOrderInvalid(InvalidValue):
    code = "queue_order_invalid"
    message = (
        "List every active hold of the book once, with those already served first, in their present order."
    )
    pointer = "/order"


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeCopy:
    """A copy on the shelf that could serve a hold."""

    id: UUID
    barcode: str
    branch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pickup:
    """The pickup branch and deadline of a ready hold."""

    branch: str
    deadline_at: datetime


class HoldQueue(Aggregate):
    """The active holds of one book in order. A hold has at most one copy, and a copy serves at most one hold.

    A hold that ends leaves the queue; `ended` keeps those of this unit of work, to be stored.
    """

    def __init__(
        self, *, book_id: UUID, book_title: str, holds: Iterable[Hold] = (), version: int = 0
    ) -> None:
        super().__init__(id=queue_id(book_id), version=version)
        self.book_id = book_id
        self.book_title = book_title
        self.holds: list[Hold] = list(holds)
        self.ended: list[Hold] = []

    def hold(self, hold_id: UUID) -> Hold:
        """The active hold with this id. Raises HoldNotFound."""
        for hold in self.holds:
            if hold.id == hold_id:
                return hold
        raise HoldNotFound(id=str(hold_id))

    def of_patron(self, patron_id: UUID) -> Hold | None:
        """The patron's active hold on the book, if there is one."""
        return next((hold for hold in self.holds if hold.patron_id == patron_id), None)

    def serving(self, copy_id: UUID) -> Hold | None:
        """The hold that this copy is allocated to."""
        return next((hold for hold in self.holds if hold.copy_id == copy_id), None)

    def first_for(self, copy_id: UUID, *, passing_over: Collection[UUID] = ()) -> Hold | None:
        """The hold that this copy would be allocated to if it were free; `passing_over` are ids of holds."""
        able = (hold for hold in self.holds if hold.can_be_filled_by(copy_id))
        return next((hold for hold in able if hold.id not in passing_over), None)

    def position_of(self, hold_id: UUID) -> int:
        """The hold's place, from 1."""
        return [hold.id for hold in self.holds].index(hold_id) + 1

    def place(self, hold: Hold, *, at: datetime) -> None:
        """Append a hold to the queue. Raises AlreadyHeld."""
        if self.of_patron(hold.patron_id):
            raise AlreadyHeld
        self.holds.append(hold)
        self._record_event(events.HoldPlaced, hold, at=at)

    def allocate(self, copy: FreeCopy, *, at: datetime, passing_over: Collection[UUID] = ()) -> None:
        """Allocate a free copy to the first hold that it can fill; those passed over keep their places."""
        hold = self.first_for(copy.id, passing_over=passing_over)
        if hold:
            hold.state, hold.copy_id, hold.barcode = HoldState.ALLOCATED, copy.id, copy.barcode
            self._record_event(events.HoldAllocated, hold, at=at, copy_id=copy.id, barcode=copy.barcode)

    def make_ready(self, hold_id: UUID, pickup: Pickup, *, at: datetime) -> Hold:
        """Record that the allocated copy is on the hold shelf. Raises HoldNotAllocated."""
        hold = self.hold(hold_id)
        if hold.state is not HoldState.ALLOCATED or hold.copy_id is None:
            raise HoldNotAllocated(state=hold.state.value)
        hold.state, hold.pickup_deadline_at = HoldState.READY, pickup.deadline_at
        hold.pickup_branch = pickup.branch
        self._record_event(
            events.HoldReady,
            hold,
            at=at,
            copy_id=hold.copy_id,
            barcode=hold.barcode or "",
            pickup_branch=pickup.branch,
            pickup_deadline_at=pickup.deadline_at,
        )
        return hold

    def extend_pickup(self, hold_id: UUID, *, deadline_at: datetime, at: datetime) -> None:
        """Move a ready hold's pickup deadline off a closed day.

        A hold that isn't ready, or has this deadline already, is left alone.
        """
        hold = self.hold(hold_id)
        previous_deadline_at = hold.pickup_deadline_at
        if hold.state is not HoldState.READY or previous_deadline_at in {None, deadline_at}:
            return
        hold.pickup_deadline_at = deadline_at
        self._record_event(
            events.HoldDeadlineChanged,
            hold,
            at=at,
            copy_id=hold.copy_id,
            barcode=hold.barcode or "",
            pickup_branch=hold.pickup_branch or "",
            previous_deadline_at=previous_deadline_at,
            pickup_deadline_at=deadline_at,
        )

    def report_not_found(self, hold_id: UUID, *, at: datetime) -> None:
        """Return the hold to waiting, since its copy isn't on the shelf. Raises HoldNotAllocated."""
        hold = self.hold(hold_id)
        if hold.state is not HoldState.ALLOCATED:
            raise HoldNotAllocated(state=hold.state.value)
        self._take_copy_back(hold, events.HoldCopyNotFound, at=at)

    def unallocate(self, hold_id: UUID, *, at: datetime) -> None:
        """Return the hold to waiting in its place, since its copy is no longer available."""
        self._take_copy_back(self.hold(hold_id), events.HoldUnallocated, at=at)

    def fulfil(self, hold_id: UUID, *, loan_id: UUID, at: datetime) -> None:
        """End the hold, since the patron has borrowed the book."""
        hold = self._end(hold_id, HoldState.FULFILLED)
        self._record_event(events.HoldFulfilled, hold, at=at, loan_id=loan_id)

    def cancel(self, hold_id: UUID, *, at: datetime) -> Hold:
        """Cancel the hold."""
        hold = self._end(hold_id, HoldState.CANCELLED)
        self._record_event(events.HoldCancelled, hold, at=at)
        return hold

    def expire(self, hold_id: UUID, *, at: datetime) -> Hold | None:
        """Expire a ready hold whose pickup deadline has passed; None for any other."""
        hold = self.hold(hold_id)
        deadline_at = hold.pickup_deadline_at
        if hold.state is not HoldState.READY or deadline_at is None or at <= deadline_at:
            return None
        self._end(hold_id, HoldState.EXPIRED)
        self._record_event(events.HoldExpired, hold, at=at, pickup_deadline_at=deadline_at)
        return hold

    def suspend(self, hold_id: UUID, *, until: date | None, at: datetime) -> None:
        """Suspend the hold; it keeps its place. Raises HoldAlreadyBegun."""
        hold = self.hold(hold_id)
        if hold.has_copy:
            raise HoldAlreadyBegun(state=hold.state.value)
        if (hold.suspended, hold.suspended_until) == (True, until):
            return
        hold.suspended, hold.suspended_until = True, until
        self._record_event(events.HoldSuspended, hold, at=at, until=until)

    def resume(self, hold_id: UUID, *, at: datetime) -> None:
        """Resume a suspended hold."""
        hold = self.hold(hold_id)
        if hold.suspended:
            hold.suspended, hold.suspended_until = False, None
            self._record_event(events.HoldResumed, hold, at=at)

    def move(self, order: Sequence[UUID], *, at: datetime) -> None:
        """Reorder the waiting holds. Raises QueueOrderInvalid."""
        begun = [hold.id for hold in self.holds if hold.has_copy]
        known = [hold.id for hold in self.holds]
        if sorted(order) != sorted(known) or list(order[: len(begun)]) != begun:
            raise QueueOrderInvalid
        by_id = {hold.id: hold for hold in self.holds}
        self.holds = [by_id[hold_id] for hold_id in order]
        for place, (before, now) in enumerate(zip(known, order, strict=True), start=1):
            if before != now:
                self._record_event(events.HoldMoved, by_id[now], at=at, position=place)

    def record_first(self) -> None:
        """Record who is the first in the queue after a change, unless that hold was before.

        For the end of a unit of work: within it, a hold may be first for a moment and then be served.
        """
        first = next((hold for hold in self.holds if hold.takes_part), None)
        if first and not first.became_first and self.has_changed:
            first.became_first = True
            changes = [each.event for each in self.recorded]
            placed = {event.hold_id for event in changes if isinstance(event, events.HoldPlaced)}
            at, has_advanced = changes[-1].occurred_at, first.id not in placed
            self._record_event(events.HoldBecameFirst, first, at=at, has_advanced=has_advanced)

    def _take_copy_back(self, hold: Hold, event: type[events.HoldEvent], *, at: datetime) -> None:
        copy_id, barcode = hold.copy_id, hold.barcode
        hold.state, hold.copy_id, hold.barcode = HoldState.WAITING, None, None
        hold.pickup_deadline_at = None
        self._record_event(event, hold, at=at, copy_id=copy_id, barcode=barcode)

    def _end(self, hold_id: UUID, state: HoldState) -> Hold:
        hold = self.hold(hold_id)
        hold.state = state
        self.holds.remove(hold)
        self.ended.append(hold)
        return hold

    def _record_event(
        self, event: type[E], hold: Hold, *, at: datetime, **more: Any
    ) -> None:  # the event's own fields
        self._record(
            event(
                aggregate_id=self.id,
                occurred_at=at,
                hold_id=hold.id,
                book_id=self.book_id,
                patron_id=hold.patron_id,
                book_title=self.book_title,
                **more,
            )
        )


def queue_id(book_id: UUID) -> UUID:
    """The id of a book's queue, derived from the book's id."""
    return uuid5(_QUEUES, str(book_id))
