"""A patron is told that a loan will be due."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.loan import LoanState
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindDueSoon(Command[bool]):
    """Tell of a due date that is near; once for each due date."""

    loan: UUID


def remind_due_soon(command: RemindDueSoon, work: LendingWork, *, clock: Clock) -> bool:
    """Record it, and tell whether there was anything to tell."""
    bind_audit_subjects(loan=command.loan)
    loan = work.loans.get(command.loan, lock=True)
    bind_audit_subjects(copy=loan.copy.id, book=loan.copy.book_id, patron=loan.patron_id)
    if loan.state is not LoanState.OPEN or loan.due_at <= clock.now():
        return False
    loan.remind_due_soon(at=clock.now())
    return loan.has_changed
