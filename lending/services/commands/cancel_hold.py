"""Cancels a hold."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.hold_queue import HoldNotActive, HoldNotFound
from lending.services.active_holds import locked_hold
from lending.services.gateways import Gateways
from lending.services.hold_details import HoldDetails
from lending.services.hold_shelf import reassign_copy
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelHold(Command[HoldDetails]):
    """Cancel a hold. `viewer_login` limits it to that login's own holds; None may cancel any."""

    refusals = (HoldNotFound, HoldNotActive)

    hold: UUID
    viewer_login: int | None = None


def cancel_hold(command: CancelHold, work: LendingWork, *, gateways: Gateways, clock: Clock) -> HoldDetails:
    """Cancel it; its copy, if it had one, goes to the next hold. Raises HoldNotFound and HoldNotActive."""
    queue, hold = locked_hold(command.hold, work, gateways=gateways, viewer_login=command.viewer_login)
    now = clock.now()
    queue.cancel(hold.id, at=now)
    if hold.copy_id:
        reassign_copy(queue, hold, work, gateways=gateways, at=now)
    return HoldDetails.of(hold, book=queue.book_id, position=None)
