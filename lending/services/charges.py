"""Posts the charges of a loan, in the same commit as the change that causes them."""

from datetime import datetime
from decimal import Decimal

from lending.domain.fine import overdue_fine
from lending.domain.loan import Loan, LoanState
from lending.domain.patron_account import EntryKind
from lending.domain.standing import CirculatingCopy
from lending.services.ports import LendingWork


def charge_overdue_fine(loan: Loan, work: LendingWork, *, price: Decimal | None, at: datetime) -> None:
    """Post the fine for the overdue period that ends at this instant, once for each due date."""
    amount = accrued_fine(loan, work, price=price, at=at)
    if amount > 0:
        work.accounts.of_patron(loan.patron_id).fine(
            amount, loan_id=loan.id, due_version=loan.due_version, due_at=loan.due_at, at=at
        )


def settle_return(
    loan: Loan, work: LendingWork, *, price: Decimal | None, returned_at: datetime, now: datetime
) -> None:
    """Post what a return as of `returned_at` costs, before the loan is ended.

    The fine counts until then. What was charged for later days is refunded, for earlier due dates as well,
    and so is the price of a lost copy; its processing fee stays. Entries are dated by the scan, `now`.
    """
    number = loan.returns + 1
    fine = accrued_fine(loan, work, price=price, at=returned_at)
    if fine > 0:
        work.accounts.of_patron(loan.patron_id).fine(
            fine,
            loan_id=loan.id,
            due_version=loan.due_version,
            due_at=loan.due_at,
            at=now,
            return_number=number,
        )
    if returned_at < now:
        calendar = work.calendars.of(loan.branch)
        work.accounts.of_patron(loan.patron_id).correct_fines(
            lambda due_at: overdue_fine(
                due_at=due_at, at=returned_at, calendar=calendar, terms=loan.terms, price=price
            ),
            loan_id=loan.id,
            at=now,
            return_number=number,
        )
    if loan.state is LoanState.LOST:
        work.accounts.of_patron(loan.patron_id).refund(
            EntryKind.LOST, loan_id=loan.id, at=now, return_number=number
        )


def accrued_fine(loan: Loan, work: LendingWork, *, price: Decimal | None, at: datetime) -> Decimal:
    """The fine if the overdue period ended now; zero if the loan isn't overdue."""
    if not loan.is_overdue(at):
        return Decimal(0)
    calendar = work.calendars.of(loan.branch)
    return overdue_fine(due_at=loan.due_at, at=at, calendar=calendar, terms=loan.terms, price=price)


def charge_lost_item(loan: Loan, work: LendingWork, *, copy: CirculatingCopy | None, at: datetime) -> None:
    """Post the price of a lost copy and the fee for processing it."""
    account = work.accounts.of_patron(loan.patron_id)
    if copy is not None and copy.price is not None:
        account.charge(EntryKind.LOST, copy.price, loan_id=loan.id, at=at)
    account.charge(EntryKind.PROCESSING, loan.terms.processing_fee, loan_id=loan.id, at=at)
