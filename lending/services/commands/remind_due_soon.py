"""Records that a loan is due soon."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.loan import LoanState
from lending.services.locked_loan import locked_loan
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindDueSoon(Command[bool]):
    """Remind the patron of an approaching due date, once for each due date."""

    loan: UUID


def remind_due_soon(command: RemindDueSoon, work: LendingWork, *, clock: Clock) -> bool:
    """Record it, and answer whether there was anything new to record."""
    loan = locked_loan(command.loan, work)
    if loan.state is not LoanState.OPEN or loan.due_at <= clock.now():
        return False
    loan.remind_due_soon(at=clock.now())
    return loan.has_changed
