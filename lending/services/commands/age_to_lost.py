"""Declares a loan lost that has been overdue for too long."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.loan import LoanState
from lending.services.gateways import Gateways
from lending.services.locked_loan import locked_loan
from lending.services.lost_items import declare_loan_lost
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeToLost(Command[bool]):
    """Declare a loan lost if it has been overdue for longer than its terms allow."""

    loan: UUID


def age_to_lost(command: AgeToLost, work: LendingWork, *, gateways: Gateways, clock: Clock) -> bool:
    """Declare it lost if it is due for that, and answer whether it was. Claimed returns are left alone."""
    loan = locked_loan(command.loan, work)
    days = loan.terms.lost_after_days
    late = work.calendars.of(loan.branch).days_overdue(due_at=loan.due_at, at=clock.now())
    if loan.state is not LoanState.OPEN or days is None or late <= days:
        return False
    declare_loan_lost(loan, work, gateways=gateways, clock=clock)
    return True
