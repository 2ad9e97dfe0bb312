"""Undoes a return."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.loan import UNDO_WITHIN, LoanIsAnonymous, LoanNotFound, UndoTooLate
from lending.domain.patron_account import EntryKind
from lending.services.loan_details import LoanDetails
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoReturn(Command[LoanDetails]):
    """Undo a return that was scanned by mistake: the loan is open again."""

    refusals = (LoanNotFound, LoanIsAnonymous, UndoTooLate)

    loan: UUID


def undo_return(command: UndoReturn, work: LendingWork, *, clock: Clock) -> LoanDetails:
    """Restore the loan, the queue and the account. Raises UndoTooLate, also if the copy was lent again."""
    bind_audit_subjects(loan=command.loan)
    now = clock.now()
    loan = work.loans.get(command.loan)
    queue = work.holds.of_book(loan.copy.book_id, title=loan.copy.book_title)
    loan = work.loans.get(command.loan, lock=True)
    bind_audit_subjects(copy=loan.copy.id, book=loan.copy.book_id, patron=loan.patron_id)
    if work.loans.open_of_copy(loan.copy.id) is not None:
        raise UndoTooLate(minutes=int(UNDO_WITHIN.total_seconds() // 60))
    fined = loan.due_version
    loan.undo_return(at=now)
    if hold := queue.serving(loan.copy.id):
        queue.unallocate(hold.id, at=now)
    account = work.accounts.of_patron(loan.patron_id)
    account.refund(EntryKind.OVERDUE, loan_id=loan.id, due_version=fined, at=now)
    return LoanDetails.of(loan, now=now)
