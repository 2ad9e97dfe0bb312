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
    """Expire it and give its copy to the next hold; False if it is not due or has ended meanwhile."""
    try:
        queue, hold = locked_hold(command.hold, work, gateways=gateways)
    except HoldNotActive:  # it has ended since it was listed
        return False
    now = clock.now()
    expired = queue.expire(hold.id, at=now)
    if expired:
        reassign_copy(queue, expired, work, gateways=gateways, at=now)
    return expired is not None
