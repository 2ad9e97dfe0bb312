"""Suspends a hold."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from lending.domain.branch_calendar import MAIN
from lending.domain.hold_queue import HoldAlreadyBegun, HoldNotActive, HoldNotFound
from lending.services.active_holds import locked_hold
from lending.services.gateways import Gateways
from lending.services.hold_details import HoldDetails
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import InvalidValue
from shared_kernel.services.bus import Command


class SuspensionEndsInThePast(InvalidValue):
    code = "suspension_ends_in_the_past"
    message = "The suspension must end in the future. Leave the date out to suspend without an end."
    pointer = "/until"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendHold(Command[HoldDetails]):
    """Keep a hold's place in the queue without giving it a copy, until the day `until`.

    None: until it is resumed. `viewer_login` limits it to that login's own holds.
    """

    refusals = (HoldNotFound, HoldNotActive, SuspensionEndsInThePast, HoldAlreadyBegun)

    hold: UUID
    until: date | None = None
    viewer_login: int | None = None


def suspend_hold(command: SuspendHold, work: LendingWork, *, gateways: Gateways, clock: Clock) -> HoldDetails:
    """Suspend it. Raises SuspensionEndsInThePast, and HoldAlreadyBegun once a copy is set aside for it."""
    queue, hold = locked_hold(command.hold, work, gateways=gateways, viewer_login=command.viewer_login)
    now = clock.now()
    today = work.calendars.of(hold.pickup_branch or MAIN).day_of(now)
    if command.until is not None and command.until <= today:
        raise SuspensionEndsInThePast
    queue.suspend(hold.id, until=command.until, at=now)
    return HoldDetails.in_queue(queue, hold)
