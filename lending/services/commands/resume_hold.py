"""Ends the suspension of a hold."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.hold_queue import HoldNotActive, HoldNotFound
from lending.services.active_holds import locked_hold
from lending.services.gateways import Gateways
from lending.services.hold_details import HoldDetails
from lending.services.hold_shelf import allocate_free_copies
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeHold(Command[HoldDetails]):
    """Resume a suspended hold. `viewer_login` limits it to that login's own holds."""

    refusals = (HoldNotFound, HoldNotActive)

    hold: UUID
    viewer_login: int | None = None


def resume_hold(command: ResumeHold, work: LendingWork, *, gateways: Gateways, clock: Clock) -> HoldDetails:
    """Resume it and allocate a free copy, if there is one. Raises HoldNotFound and HoldNotActive."""
    queue, hold = locked_hold(command.hold, work, gateways=gateways, viewer_login=command.viewer_login)
    now = clock.now()
    queue.resume(hold.id, at=now)
    allocate_free_copies(queue, work, gateways=gateways, at=now)
    return HoldDetails.in_queue(queue, hold)
