"""Reports that the copy allocated to a hold could not be found."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.hold_queue import HoldNotActive, HoldNotAllocated, HoldNotFound
from lending.services.active_holds import locked_hold
from lending.services.gateways import Gateways
from lending.services.hold_details import HoldDetails
from lending.services.hold_shelf import allocate_free_copies
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCopyNotFound(Command[HoldDetails]):
    """Report that the copy allocated to a hold is not on its shelf."""

    refusals = (HoldNotFound, HoldNotActive, HoldNotAllocated)

    hold: UUID


def report_copy_not_found(
    command: ReportCopyNotFound, work: LendingWork, *, gateways: Gateways, clock: Clock
) -> HoldDetails:
    """Return the hold to its place in the queue and allocate another free copy. Raises HoldNotAllocated."""
    queue, hold = locked_hold(command.hold, work, gateways=gateways)
    now, missing = clock.now(), hold.copy_id
    queue.report_not_found(hold.id, at=now)
    allocate_free_copies(queue, work, gateways=gateways, at=now, except_copy=missing)
    return HoldDetails.in_queue(queue, hold)
