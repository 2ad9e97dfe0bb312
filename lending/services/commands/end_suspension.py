"""Resumes a hold whose suspension has run out."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.branch_calendar import MAIN
from lending.domain.hold_queue import HoldNotActive
from lending.services.active_holds import locked_hold
from lending.services.gateways import Gateways
from lending.services.hold_shelf import allocate_free_copies
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSuspension(Command[bool]):
    """Resume a hold that was suspended until a day that has come."""

    hold: UUID


def end_suspension(command: EndSuspension, work: LendingWork, *, gateways: Gateways, clock: Clock) -> bool:
    """Resume it from the start of that day at the pickup branch; False if it is not due or has ended."""
    try:
        queue, hold = locked_hold(command.hold, work, gateways=gateways)
    except HoldNotActive:  # it has ended since it was listed
        return False
    now = clock.now()
    today = work.calendars.of(hold.pickup_branch or MAIN).day_of(now)
    if hold.suspended_until is None or today < hold.suspended_until:
        return False
    queue.resume(hold.id, at=now)
    allocate_free_copies(queue, work, gateways=gateways, at=now)
    return True
