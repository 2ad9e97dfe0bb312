"""Declares a loan lost."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.loan import AlreadyLost, LoanIsAnonymous, LoanNotFound, LoanNotOpen
from lending.services.gateways import Gateways
from lending.services.loan_details import LoanDetails
from lending.services.locked_loan import locked_loan
from lending.services.lost_items import declare_loan_lost
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareLost(Command[LoanDetails]):
    """Declare the copy of a loan lost."""

    refusals = (LoanNotFound, LoanIsAnonymous, AlreadyLost, LoanNotOpen)

    loan: UUID


def declare_lost(command: DeclareLost, work: LendingWork, *, gateways: Gateways, clock: Clock) -> LoanDetails:
    """Charge the fine until now, the copy's price and the fee. Raises AlreadyLost and LoanNotOpen."""
    loan = locked_loan(command.loan, work)
    declare_loan_lost(loan, work, gateways=gateways, clock=clock)
    return LoanDetails.of(loan, now=clock.now())
