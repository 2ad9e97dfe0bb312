"""Returns a copy."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from lending.domain.in_house_use import SECOND_SCAN_WITHIN, InHouseUse
from lending.domain.loan import Loan, ReturnedBeforeBorrowed, ReturnedInTheFuture
from lending.domain.standing import CirculatingCopy
from lending.services.charges import settle_return
from lending.services.gateways import Gateways
from lending.services.hold_details import HoldDetails
from lending.services.hold_shelf import assign_received_copy
from lending.services.loan_details import LoanDetails
from lending.services.ports import LendingWork, UnknownBranch, UnknownCopy
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command, Result
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnResult(Result):
    """What a scan at the return desk did: ended a loan, served a hold, or recorded an in-house use."""

    loan: LoanDetails | None
    hold: HoldDetails | None
    in_house: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnBook(Command[ReturnResult]):
    """Return the copy with this barcode, now or as of an earlier instant (from a book drop).

    `branch` is where it was scanned; absent, the copy's own.
    """

    refusals = (UnknownCopy, UnknownBranch, ReturnedBeforeBorrowed, ReturnedInTheFuture)

    copy_barcode: str
    returned_at: datetime | None = None
    branch: str | None = None


def return_book(command: ReturnBook, work: LendingWork, *, gateways: Gateways, clock: Clock) -> ReturnResult:
    """End the loan and allocate the copy to the next hold; without either, record an in-house use.

    A copy that an ended hold left on the hold shelf is off it then, and wasn't used.

    Raises UnknownCopy, UnknownBranch, ReturnedBeforeBorrowed and ReturnedInTheFuture.
    """
    copy = gateways.copies.by_barcode(command.copy_barcode)
    bind_audit_subjects(copy=copy.id, book=copy.book_id)
    queue = work.holds.of_book(copy.book_id, title=copy.book_title)
    now = clock.now()  # not earlier: a loan may have begun while the queue was waited for
    at = command.returned_at or now
    if at > now:
        raise ReturnedInTheFuture(now=now.isoformat())
    scanned_in = work.calendars.of(command.branch or copy.branch).code
    loan = work.loans.open_of_copy(copy.id)
    if loan:
        _bring_back(loan, work, copy=copy, at=at, now=now)
    hold = assign_received_copy(queue, copy, work, gateways=gateways, scanned_in=scanned_in, at=now)
    bind_audit_subjects(hold=hold.id if hold else None)
    was_cleared = not loan and work.holds.clear_copy(copy.id, at=now)
    in_house = not (loan or hold or was_cleared) and _use_in_house(
        copy, work, branch=scanned_in, at=at, now=now
    )
    return ReturnResult(
        loan=LoanDetails.of(loan, now=now) if loan else None,
        hold=HoldDetails.in_queue(queue, hold) if hold else None,
        in_house=in_house,
    )


def _bring_back(loan: Loan, work: LendingWork, *, copy: CirculatingCopy, at: datetime, now: datetime) -> None:
    bind_audit_subjects(loan=loan.id, patron=loan.patron_id)
    loan.check_return(at=at)
    settle_return(loan, work, price=copy.price, returned_at=at, now=now)
    days_overdue = work.calendars.of(loan.branch).days_overdue(due_at=loan.due_at, at=at)
    loan.bring_back(at=at, scanned_at=now, days_overdue=days_overdue)


def _use_in_house(
    copy: CirculatingCopy, work: LendingWork, *, branch: str, at: datetime, now: datetime
) -> bool:
    scanned_at = work.loans.last_scan_of(copy.id)
    if scanned_at and now - scanned_at < SECOND_SCAN_WITHIN:
        return False
    work.in_house_uses.add(
        InHouseUse.record(id=uuid4(), copy_id=copy.id, book_id=copy.book_id, branch=branch, at=at)
    )
    return True
