"""Moves a pickup deadline off a day on which the branch is closed."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.hold_queue import HoldNotActive
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class RedateHold(Command[bool]):
    """Move a pickup deadline off days on which the branch is closed."""

    hold: UUID


def redate_hold(command: RedateHold, work: LendingWork, *, clock: Clock) -> bool:
    """Move it, and answer whether it moved; a hold that has ended is left alone."""
    bind_audit_subjects(hold=command.hold)
    try:
        queue = work.holds.of_hold(command.hold)
    except HoldNotActive:
        return False
    hold = queue.hold(command.hold)
    bind_audit_subjects(book=queue.book_id, patron=hold.patron_id, copy=hold.copy_id)
    if hold.pickup_branch is None or hold.pickup_deadline_at is None:
        return False
    now = clock.now()
    calendar = work.calendars.of(hold.pickup_branch)
    deadline_at = calendar.moved_to_open_day(hold.pickup_deadline_at, now=now)
    queue.extend_pickup(hold.id, deadline_at=deadline_at, at=now)
    return queue.has_changed
