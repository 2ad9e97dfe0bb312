"""Records a patron's claim to have returned a copy."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.loan import LoanIsAnonymous, LoanNotFound, LoanNotOpen
from lending.services.loan_details import LoanDetails
from lending.services.locked_loan import locked_loan
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimReturned(Command[LoanDetails]):
    """Record that the patron claims to have returned the copy; fines stop while staff look for it."""

    refusals = (LoanNotFound, LoanIsAnonymous, LoanNotOpen)

    loan: UUID


def claim_returned(command: ClaimReturned, work: LendingWork, *, clock: Clock) -> LoanDetails:
    """Record the claim. Raises LoanNotOpen."""
    loan = locked_loan(command.loan, work)
    loan.claim_returned(at=clock.now())
    return LoanDetails.of(loan, now=clock.now())
