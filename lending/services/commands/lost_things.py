"""A copy does not come back: it is lost, or the patron says that it was returned."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.loan import AlreadyLost, Loan, LoanIsAnonymous, LoanNotFound, LoanNotOpen, LoanState
from lending.domain.standing import CirculatingCopy
from lending.services.answers import LoanView
from lending.services.borrowing import Directories
from lending.services.charging import charge_lateness, charge_loss
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareLost(Command[LoanView]):
    """Give a loan's copy up."""

    refusals = (LoanNotFound, LoanIsAnonymous, AlreadyLost, LoanNotOpen)

    loan: UUID


def declare_lost(
    command: DeclareLost, work: LendingWork, *, directories: Directories, clock: Clock
) -> LoanView:
    """Charge its price, a fee, and the lateness until now. Raises AlreadyLost and LoanNotOpen."""
    loan = _locked(command.loan, work)
    _give_up(loan, work, directories=directories, clock=clock)
    return LoanView.of(loan, now=clock.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeToLost(Command[bool]):
    """Give a loan's copy up if it is overdue for longer than its terms say."""

    loan: UUID


def age_to_lost(command: AgeToLost, work: LendingWork, *, directories: Directories, clock: Clock) -> bool:
    """Declare it lost if it is time, and tell whether it was. A claimed return is left alone."""
    loan = _locked(command.loan, work)
    days = loan.terms.lost_after_days
    late = work.calendars.of(loan.branch).days_overdue(due_at=loan.due_at, at=clock.now())
    if loan.state is not LoanState.OPEN or days is None or late <= days:
        return False
    _give_up(loan, work, directories=directories, clock=clock)
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimReturned(Command[LoanView]):
    """Note that the patron says the copy was returned; it is looked for, and nothing more is charged."""

    refusals = (LoanNotFound, LoanIsAnonymous, LoanNotOpen)

    loan: UUID


def claim_returned(command: ClaimReturned, work: LendingWork, *, clock: Clock) -> LoanView:
    """Note it. Raises LoanNotOpen."""
    loan = _locked(command.loan, work)
    loan.claim_returned(at=clock.now())
    return LoanView.of(loan, now=clock.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkOverdue(Command[bool]):
    """Tell of a loan that is overdue: once that it became so, and every few days that it still is."""

    loan: UUID


def mark_overdue(command: MarkOverdue, work: LendingWork, *, clock: Clock) -> bool:
    """Record it, and tell whether there was anything to tell."""
    loan = _locked(command.loan, work)
    now = clock.now()
    late = work.calendars.of(loan.branch).days_overdue(due_at=loan.due_at, at=now)
    loan.mark_overdue(days_overdue=late, at=now)
    return loan.has_changed


def _locked(loan_id: UUID, work: LendingWork) -> Loan:
    bind_audit_subjects(loan=loan_id)
    loan = work.loans.get(loan_id, lock=True)
    bind_audit_subjects(copy=loan.copy.id, book=loan.copy.book_id, patron=loan.patron_id)
    return loan


def _give_up(loan: Loan, work: LendingWork, *, directories: Directories, clock: Clock) -> None:
    now = clock.now()
    copy = _copy_of(loan, directories)
    charge_lateness(loan, work, price=copy.price if copy else None, at=now)
    loan.declare_lost(at=now)
    charge_loss(loan, work, copy=copy, at=now)


def _copy_of(loan: Loan, directories: Directories) -> CirculatingCopy | None:
    copies = directories.copies.of_book(loan.copy.book_id)
    return next((copy for copy in copies if copy.id == loan.copy.id), None)
