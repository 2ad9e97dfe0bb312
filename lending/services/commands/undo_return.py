"""Undoes a return."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.loan import UNDO_MINUTES, CannotUndo, Loan, LoanIsAnonymous, LoanNotFound, UndoTooLate
from lending.services.gateways import Gateways
from lending.services.loan_details import LoanDetails
from lending.services.ports import LendingWork, PatronNotFound, UnknownCopy
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoReturn(Command[LoanDetails]):
    """Undo a return that was scanned by mistake: the loan is as it was before."""

    refusals = (LoanNotFound, LoanIsAnonymous, UndoTooLate, CannotUndo)

    loan: UUID


def undo_return(command: UndoReturn, work: LendingWork, *, gateways: Gateways, clock: Clock) -> LoanDetails:
    """Restore the loan, the queue and the account. Locks patron, copy, queue, loan and account.

    Raises LoanNotFound, LoanIsAnonymous, UndoTooLate (also if the copy was lent again), and CannotUndo where
    the patron or the copy is gone.
    """
    bind_audit_subjects(loan=command.loan)
    loan = work.loans.get(command.loan)
    bind_audit_subjects(copy=loan.copy.id, book=loan.copy.book_id, patron=loan.patron_id)
    _lock_patron_and_copy(loan, gateways)
    queue = work.holds.of_book(loan.copy.book_id, title=loan.copy.book_title)
    loan = work.loans.get(command.loan, lock=True)
    now = clock.now()
    if work.loans.open_of_copy(loan.copy.id) is not None:
        raise UndoTooLate(minutes=UNDO_MINUTES)
    number = loan.returns
    loan.undo_return(at=now)
    if hold := queue.serving(loan.copy.id):
        queue.unallocate(hold.id, at=now)
    work.accounts.of_patron(loan.patron_id).undo_return(loan_id=loan.id, return_number=number, at=now)
    return LoanDetails.of(loan, now=now)


def _lock_patron_and_copy(loan: Loan, gateways: Gateways) -> None:
    try:
        gateways.patrons.standing_of(loan.patron_id, lock=True)
    except PatronNotFound:
        raise CannotUndo(reason="the patron has been erased") from None
    copies = gateways.copies.of_book(loan.copy.book_id)
    barcode = next((copy.barcode for copy in copies if copy.id == loan.copy.id), loan.copy.barcode)
    try:
        copy = gateways.copies.by_barcode(barcode, lock=True)
    except UnknownCopy:
        raise CannotUndo(reason="the copy has been removed from the catalogue") from None
    if copy.id != loan.copy.id:
        raise CannotUndo(reason="the copy has been removed from the catalogue")
    if not copy.in_reach:
        raise CannotUndo(reason=f"the copy is {copy.condition}")
