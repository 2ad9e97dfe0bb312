"""Marks a hold as ready to be picked up."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.hold_queue import HoldNotActive, HoldNotAllocated, HoldNotFound
from lending.services.active_holds import locked_hold
from lending.services.gateways import Gateways
from lending.services.hold_details import HoldDetails
from lending.services.hold_shelf import pickup_for
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkHoldReady(Command[HoldDetails]):
    """Record that the allocated copy is on the hold shelf of the pickup branch."""

    refusals = (HoldNotFound, HoldNotActive, HoldNotAllocated)

    hold: UUID


def mark_hold_ready(
    command: MarkHoldReady, work: LendingWork, *, gateways: Gateways, clock: Clock
) -> HoldDetails:
    """Start the pickup period; if the copy has left the catalogue, the hold waits again.

    Raises HoldNotAllocated.
    """
    queue, hold = locked_hold(command.hold, work, gateways=gateways)
    if hold.copy_id is None:
        raise HoldNotAllocated(state=hold.state.value)
    now = clock.now()
    copy = next((it for it in gateways.copies.of_book(queue.book_id) if it.id == hold.copy_id), None)
    if copy is not None:
        branch = hold.pickup_branch or copy.branch
        pickup = pickup_for(hold, copy, work, gateways=gateways, branch=branch, at=now)
        queue.make_ready(hold.id, pickup, at=now)
    else:
        queue.unallocate(hold.id, at=now)
    return HoldDetails.in_queue(queue, hold)
