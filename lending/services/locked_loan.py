"""Locks the loan that a command is about."""

from uuid import UUID

from lending.domain.loan import Loan
from lending.services.ports import LendingWork
from shared_kernel.services.request_context import bind_audit_subjects


def locked_loan(loan_id: UUID, work: LendingWork) -> Loan:
    """The loan, locked and bound to the audit. Raises LoanNotFound, and LoanIsAnonymous without a patron."""
    bind_audit_subjects(loan=loan_id)
    loan = work.loans.get(loan_id, lock=True)
    bind_audit_subjects(copy=loan.copy.id, book=loan.copy.book_id, patron=loan.patron_id)
    return loan
