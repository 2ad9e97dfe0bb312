"""Declares loans lost, for the command of staff and for the scheduled job alike."""

from lending.domain.loan import Loan
from lending.domain.standing import CirculatingCopy
from lending.services.charges import charge_lost_item, charge_overdue_fine
from lending.services.gateways import Gateways
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock


def declare_loan_lost(loan: Loan, work: LendingWork, *, gateways: Gateways, clock: Clock) -> None:
    """Declare it lost; charge the fine until now, the copy's price and the processing fee.

    Raises AlreadyLost and LoanNotOpen.
    """
    now = clock.now()
    copy = _copy_of(loan, gateways)
    charge_overdue_fine(loan, work, price=copy.price if copy else None, at=now)
    loan.declare_lost(at=now)
    charge_lost_item(loan, work, copy=copy, at=now)


def _copy_of(loan: Loan, gateways: Gateways) -> CirculatingCopy | None:
    copies = gateways.copies.of_book(loan.copy.book_id)
    return next((copy for copy in copies if copy.id == loan.copy.id), None)
