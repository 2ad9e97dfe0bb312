"""The queue of holds of one book: who waits, in which order, and which copy serves whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid5

from lending.domain import hold_events as events
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
    """Where a ready copy waits, and until when."""

    branch: str
    deadline_at: datetime


class HoldQueue(Aggregate):
    """The active holds of one book in their order, each served by at most one copy, each copy serving one.

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
        """The patron's hold, if they wait for the book."""
        return next((hold for hold in self.holds if hold.patron_id == patron_id), None)

    def serving(self, copy_id: UUID) -> Hold | None:
        """The hold that this copy serves."""
        return next((hold for hold in self.holds if hold.copy_id == copy_id), None)

    def first_for(self, copy_id: UUID) -> Hold | None:
        """The hold that this copy, if it were free, would be allocated to."""
        return next((hold for hold in self.holds if hold.can_be_filled_by(copy_id)), None)

    def position_of(self, hold_id: UUID) -> int:
        """The hold's place, from 1."""
        return [hold.id for hold in self.holds].index(hold_id) + 1

    def place(self, hold: Hold, *, at: datetime) -> None:
        """Let a patron wait, behind all others. Raises AlreadyHeld."""
        if self.of_patron(hold.patron_id):
            raise AlreadyHeld
        self.holds.append(hold)
        self._tell(events.HoldPlaced, hold, at=at)

    def allocate(self, copies: Iterable[FreeCopy], *, at: datetime) -> None:
        """Set each free copy aside for the first hold that it can fill."""
        for copy in copies:
            hold = self.first_for(copy.id)
            if hold:
                hold.state, hold.copy_id, hold.barcode = HoldState.ALLOCATED, copy.id, copy.barcode
                self._tell(events.HoldAllocated, hold, at=at, copy_id=copy.id, barcode=copy.barcode)

    def make_ready(self, hold_id: UUID, pickup: Pickup, *, at: datetime) -> Hold:
        """Put the allocated copy on the hold shelf. Raises HoldNotAllocated."""
        hold = self.hold(hold_id)
        if hold.state is not HoldState.ALLOCATED or hold.copy_id is None:
            raise HoldNotAllocated(state=hold.state.value)
        hold.state, hold.pickup_deadline_at = HoldState.READY, pickup.deadline_at
        hold.pickup_branch = pickup.branch
        self._tell(
            events.HoldReady,
            hold,
            at=at,
            copy_id=hold.copy_id,
            barcode=hold.barcode or "",
            pickup_branch=pickup.branch,
            pickup_deadline_at=pickup.deadline_at,
        )
        return hold

    def postpone(self, hold_id: UUID, *, deadline_at: datetime, at: datetime) -> None:
        """Move a ready hold's deadline because the branch is closed on it; any other hold is left alone.

        So is a hold that has this deadline already.
        """
        hold = self.hold(hold_id)
        previous_deadline_at = hold.pickup_deadline_at
        if hold.state is not HoldState.READY or previous_deadline_at in {None, deadline_at}:
            return
        hold.pickup_deadline_at = deadline_at
        self._tell(
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
        """The allocated copy isn't on the shelf: the hold waits again. Raises HoldNotAllocated."""
        hold = self.hold(hold_id)
        if hold.state is not HoldState.ALLOCATED:
            raise HoldNotAllocated(state=hold.state.value)
        self._let_go(hold, events.HoldCopyNotFound, at=at)

    def unallocate(self, hold_id: UUID, *, at: datetime) -> None:
        """The copy that serves the hold is not to be had after all: the hold waits again, in its place."""
        self._let_go(self.hold(hold_id), events.HoldUnallocated, at=at)

    def fulfil(self, hold_id: UUID, *, loan_id: UUID, at: datetime) -> None:
        """The patron has the book now."""
        hold = self._end(hold_id, HoldState.FULFILLED)
        self._tell(events.HoldFulfilled, hold, at=at, loan_id=loan_id)

    def cancel(self, hold_id: UUID, *, at: datetime) -> Hold:
        """Give the hold up."""
        hold = self._end(hold_id, HoldState.CANCELLED)
        self._tell(events.HoldCancelled, hold, at=at)
        return hold

    def expire(self, hold_id: UUID, *, at: datetime) -> Hold | None:
        """End a ready hold whose pickup deadline has passed; any other is left alone (None)."""
        hold = self.hold(hold_id)
        deadline_at = hold.pickup_deadline_at
        if hold.state is not HoldState.READY or deadline_at is None or at <= deadline_at:
            return None
        self._end(hold_id, HoldState.EXPIRED)
        self._tell(events.HoldExpired, hold, at=at, pickup_deadline_at=deadline_at)
        return hold

    def suspend(self, hold_id: UUID, *, until: date | None, at: datetime) -> None:
        """Let the hold keep its place but take no copy. Raises HoldAlreadyBegun."""
        hold = self.hold(hold_id)
        if hold.has_begun:
            raise HoldAlreadyBegun(state=hold.state.value)
        if (hold.suspended, hold.suspended_until) == (True, until):
            return
        hold.suspended, hold.suspended_until = True, until
        self._tell(events.HoldSuspended, hold, at=at, until=until)

    def resume(self, hold_id: UUID, *, at: datetime) -> None:
        """Let a suspended hold take part again."""
        hold = self.hold(hold_id)
        if hold.suspended:
            hold.suspended, hold.suspended_until = False, None
            self._tell(events.HoldResumed, hold, at=at)

    def move(self, order: Sequence[UUID], *, at: datetime) -> None:
        """Give the waiting holds another order. Raises QueueOrderInvalid."""
        begun = [hold.id for hold in self.holds if hold.has_begun]
        known = [hold.id for hold in self.holds]
        if sorted(order) != sorted(known) or list(order[: len(begun)]) != begun:
            raise QueueOrderInvalid
        by_id = {hold.id: hold for hold in self.holds}
        self.holds = [by_id[hold_id] for hold_id in order]
        for place, (before, now) in enumerate(zip(known, order, strict=True), start=1):
            if before != now:
                self._tell(events.HoldMoved, by_id[now], at=at, position=place)

    def record_first(self) -> None:
        """Record who is the first in the queue after a change, unless that hold was before.

        For the end of a unit of work: within it, a hold may be first for a moment and then be served.
        """
        first = next((hold for hold in self.holds if hold.takes_part), None)
        if first and not first.became_first and self.has_changed:
            first.became_first = True
            self._tell(events.HoldBecameFirst, first, at=self.recorded[-1].event.occurred_at)

    def _let_go(self, hold: Hold, event: type[events.HoldEvent], *, at: datetime) -> None:
        copy_id, barcode = hold.copy_id, hold.barcode
        hold.state, hold.copy_id, hold.barcode = HoldState.WAITING, None, None
        hold.pickup_deadline_at = None
        self._tell(event, hold, at=at, copy_id=copy_id, barcode=barcode)

    def _end(self, hold_id: UUID, state: HoldState) -> Hold:
        hold = self.hold(hold_id)
        hold.state = state
        self.holds.remove(hold)
        self.ended.append(hold)
        return hold

    def _tell(
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
    """The id of the queue of a book: its own, derived so that it needs no look-up."""
    return uuid5(_QUEUES, str(book_id))
