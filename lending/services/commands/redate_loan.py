"""Moves a due date off a day on which the branch is closed."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.loan import LoanState
from lending.services.gateways import Gateways
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class RedateLoan(Command[bool]):
    """Move a due date off days on which the branch is closed."""

    loan: UUID


def redate_loan(command: RedateLoan, work: LendingWork, *, gateways: Gateways, clock: Clock) -> bool:
    """Move it, and answer whether it moved. Locks the book's queue, then the loan, as returning does."""
    bind_audit_subjects(loan=command.loan)
    loan = work.loans.get(command.loan)
    work.holds.of_book(loan.copy.book_id, title=loan.copy.book_title)
    loan = work.loans.get(command.loan, lock=True)
    bind_audit_subjects(copy=loan.copy.id, book=loan.copy.book_id, patron=loan.patron_id)
    if loan.state is not LoanState.OPEN:
        return False
    patron = gateways.patrons.standing_of(loan.patron_id)
    calendar = work.calendars.of(loan.branch)
    now = clock.now()
    due_at = calendar.moved_to_open_day(loan.due_at, now=now, not_after=patron.expires_on)
    loan.redate(due_at=due_at, at=now)
    return loan.has_changed
