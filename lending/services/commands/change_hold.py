"""What can be done with a hold that is in the queue."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from lending.domain.branch_calendar import MAIN
from lending.domain.hold import Hold
from lending.domain.hold_queue import (
    HoldAlreadyBegun,
    HoldNotActive,
    HoldNotAllocated,
    HoldNotFound,
    HoldQueue,
    QueueOrderInvalid,
)
from lending.services.answers import HoldView
from lending.services.borrowing import Directories
from lending.services.ports import LendingWork, UnknownBook
from lending.services.shelf import allocate_free_copies, pickup_for, release
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import InvalidValue
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


class SuspensionEndsInThePast(InvalidValue):
    code = "suspension_ends_in_the_past"
    message = "The suspension must end in the future. Leave the date out to suspend without an end."
    pointer = "/until"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelHold(Command[HoldView]):
    """Give a hold up. `viewer_login` bounds it to that login's own holds; None may cancel any."""

    refusals = (HoldNotFound, HoldNotActive)

    hold: UUID
    viewer_login: int | None = None


def cancel_hold(
    command: CancelHold, work: LendingWork, *, directories: Directories, clock: Clock
) -> HoldView:
    """Cancel it and give its copy, if it had one, to the next in the same commit."""
    queue, hold = _find(command.hold, command.viewer_login, work, directories)
    now = clock.now()
    queue.cancel(hold.id, at=now)
    if hold.copy_id:
        release(queue, hold, work, directories=directories, at=now)
    return HoldView.of(hold, book=queue.book_id, position=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendHold(Command[HoldView]):
    """Keep a hold's place but take no copy, until the day `until` (None: until it is resumed)."""

    refusals = (HoldNotFound, HoldNotActive, SuspensionEndsInThePast, HoldAlreadyBegun)

    hold: UUID
    until: date | None = None
    viewer_login: int | None = None


def suspend_hold(
    command: SuspendHold, work: LendingWork, *, directories: Directories, clock: Clock
) -> HoldView:
    """Suspend it. Raises HoldAlreadyBegun where a copy serves it already."""
    queue, hold = _find(command.hold, command.viewer_login, work, directories)
    now = clock.now()
    if command.until is not None and command.until <= now.date():
        raise SuspensionEndsInThePast
    queue.suspend(hold.id, until=command.until, at=now)
    return _view(queue, hold)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeHold(Command[HoldView]):
    """Let a suspended hold take part again."""

    refusals = (HoldNotFound, HoldNotActive)

    hold: UUID
    viewer_login: int | None = None


def resume_hold(
    command: ResumeHold, work: LendingWork, *, directories: Directories, clock: Clock
) -> HoldView:
    """Resume it; a copy that is free goes to it at once."""
    queue, hold = _find(command.hold, command.viewer_login, work, directories)
    now = clock.now()
    queue.resume(hold.id, at=now)
    allocate_free_copies(queue, work, directories=directories, at=now)
    return _view(queue, hold)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkHoldReady(Command[HoldView]):
    """The allocated copy was picked and lies on the hold shelf of the pickup branch."""

    refusals = (HoldNotFound, HoldNotActive, HoldNotAllocated)

    hold: UUID


def mark_hold_ready(
    command: MarkHoldReady, work: LendingWork, *, directories: Directories, clock: Clock
) -> HoldView:
    """Start the time for picking it up. Raises HoldNotAllocated."""
    queue, hold = _find(command.hold, None, work, directories)
    now = clock.now()
    copy = next((it for it in directories.copies.of_book(queue.book_id) if it.id == hold.copy_id), None)
    if copy is not None:
        branch = hold.pickup_branch or copy.branch
        pickup = pickup_for(hold, copy, work, directories=directories, branch=branch, at=now)
        queue.make_ready(hold.id, pickup, at=now)
    else:
        queue.unallocate(hold.id, at=now)
    return _view(queue, hold)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCopyNotFound(Command[HoldView]):
    """The allocated copy is not on its shelf."""

    refusals = (HoldNotFound, HoldNotActive, HoldNotAllocated)

    hold: UUID


def report_copy_not_found(
    command: ReportCopyNotFound, work: LendingWork, *, directories: Directories, clock: Clock
) -> HoldView:
    """Let the hold wait again in its place; another free copy goes to it at once. Raises HoldNotAllocated."""
    queue, hold = _find(command.hold, None, work, directories)
    now, missing = clock.now(), hold.copy_id
    queue.report_not_found(hold.id, at=now)
    allocate_free_copies(queue, work, directories=directories, at=now, but=missing)
    return _view(queue, hold)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveHolds(Command[list[HoldView]]):
    """Give the holds of a book another order: every active hold once, those that have begun first."""

    refusals = (UnknownBook, QueueOrderInvalid)

    book: UUID
    order: tuple[UUID, ...]


def move_holds(
    command: MoveHolds, work: LendingWork, *, directories: Directories, clock: Clock
) -> list[HoldView]:
    """Reorder the queue. Raises QueueOrderInvalid."""
    bind_audit_subjects(book=command.book)
    queue = work.holds.of_book(command.book, title=directories.copies.title_of(command.book))
    queue.move(command.order, at=clock.now())
    return [_view(queue, hold) for hold in queue.holds]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireHold(Command[bool]):
    """End a ready hold that was not picked up in time."""

    hold: UUID


def expire_hold(command: ExpireHold, work: LendingWork, *, directories: Directories, clock: Clock) -> bool:
    """Expire it, if it is due, and give its copy to the next in the same commit. Tells whether it did."""
    try:
        queue, hold = _find(command.hold, None, work, directories)
    except HoldNotActive:  # it has ended since it was listed
        return False
    now = clock.now()
    expired = queue.expire(hold.id, at=now)
    if expired:
        release(queue, expired, work, directories=directories, at=now)
    return expired is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSuspension(Command[bool]):
    """Let a hold take part again whose suspension was until a day that has come."""

    hold: UUID


def end_suspension(
    command: EndSuspension, work: LendingWork, *, directories: Directories, clock: Clock
) -> bool:
    """Resume it from the start of that day, in the pickup branch's time. Tells whether it did."""
    try:
        queue, hold = _find(command.hold, None, work, directories)
    except HoldNotActive:  # it has ended since it was listed
        return False
    now = clock.now()
    today = work.calendars.of(hold.pickup_branch or MAIN).day_of(now)
    if hold.suspended_until is None or today < hold.suspended_until:
        return False
    queue.resume(hold.id, at=now)
    allocate_free_copies(queue, work, directories=directories, at=now)
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocateCopies(Command[None]):
    """See which copies of a book are free now, because the catalogue has changed, and set them aside."""

    book: UUID


def allocate_copies(
    command: AllocateCopies, work: LendingWork, *, directories: Directories, clock: Clock
) -> None:
    """Let go of copies that can't be lent any more, then give the free ones to whom they go to."""
    bind_audit_subjects(book=command.book)
    queue = work.holds.of_book(command.book, title=directories.copies.title_of(command.book))
    now = clock.now()
    lendable = {copy.id for copy in directories.copies.of_book(command.book) if copy.lendable}
    for hold in list(queue.holds):
        if hold.copy_id and hold.copy_id not in lendable and hold.pickup_deadline_at is None:
            queue.unallocate(hold.id, at=now)
    allocate_free_copies(queue, work, directories=directories, at=now)


def _find(
    hold_id: UUID, viewer_login: int | None, work: LendingWork, directories: Directories
) -> tuple[HoldQueue, Hold]:
    bind_audit_subjects(hold=hold_id)
    queue = work.holds.of_hold(hold_id, patron=_own(viewer_login, directories))
    hold = queue.hold(hold_id)
    bind_audit_subjects(book=queue.book_id, patron=hold.patron_id, copy=hold.copy_id)
    return queue, hold


def _own(viewer_login: int | None, directories: Directories) -> UUID | None:
    if viewer_login is None:
        return None
    own = directories.patrons.id_of_login(viewer_login)
    if own is None:
        raise HoldNotFound
    return own


def _view(queue: HoldQueue, hold: Hold) -> HoldView:
    return HoldView.of(hold, book=queue.book_id, position=queue.position_of(hold.id))
