"""Records that a loan is overdue."""

from dataclasses import dataclass
from uuid import UUID

from lending.services.locked_loan import locked_loan
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkOverdue(Command[bool]):
    """Record that a loan has become overdue, and every few days that it still is."""

    loan: UUID


def mark_overdue(command: MarkOverdue, work: LendingWork, *, clock: Clock) -> bool:
    """Record it, and answer whether there was anything new to record."""
    loan = locked_loan(command.loan, work)
    now = clock.now()
    late = work.calendars.of(loan.branch).days_overdue(due_at=loan.due_at, at=now)
    loan.mark_overdue(days_overdue=late, at=now)
    return loan.has_changed
