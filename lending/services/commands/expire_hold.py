"""Expires a hold that was not picked up in time."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.hold_queue import HoldNotActive
from lending.services.active_holds import locked_hold
from lending.services.gateways import Gateways
from lending.services.hold_shelf import reassign_copy
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireHold(Command[bool]):
    """Expire a ready hold whose pickup deadline has passed."""

    hold: UUID


def expire_hold(command: ExpireHold, work: LendingWork, *, gateways: Gateways, clock: Clock) -> bool:
    """Expire it and give its copy to the next hold; False if it is not due or has ended meanwhile.

    A deadline on a day on which the branch is closed moves to the next open day first.
    """
    try:
        queue, hold = locked_hold(command.hold, work, gateways=gateways)
    except HoldNotActive:  # it has ended since it was listed
        return False
    now = clock.now()
    if hold.pickup_branch and hold.pickup_deadline_at:  # an unforeseen closure may not be dated for yet
        calendar = work.calendars.of(hold.pickup_branch)
        deadline_at = calendar.moved_to_open_day(hold.pickup_deadline_at, now=now)
        queue.extend_pickup(hold.id, deadline_at=deadline_at, at=now)
    expired = queue.expire(hold.id, at=now)
    if expired:
        reassign_copy(queue, expired, work, gateways=gateways, at=now)
    return expired is not None
