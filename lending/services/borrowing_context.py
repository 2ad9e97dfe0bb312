"""Collects the facts for the borrowing policies, for the command and the eligibility query alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lending.domain.branch_calendar import BranchCalendar
from lending.domain.circulation_rule import effective_terms
from lending.domain.hold_queue import HoldQueue
from lending.domain.loan import Loan, LoanState
from lending.domain.policies.borrowing import BorrowingFacts
from lending.domain.standing import BorrowerStanding, CirculatingCopy, OpenLoan
from lending.services.gateways import Gateways
from lending.services.passing_over import is_held_for_another
from lending.services.ports import LendingWork


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowingContext:
    """The facts of one borrowing, and the calendar of its branch."""

    facts: BorrowingFacts
    calendar: BranchCalendar


def borrowing_context(
    work: LendingWork,
    *,
    gateways: Gateways,
    patron: BorrowerStanding,
    copy: CirculatingCopy,
    queue: HoldQueue,
    now: datetime,
) -> BorrowingContext:
    """Collect the facts about this patron and this copy at this instant."""
    calendar = work.calendars.of(copy.branch)
    rules = work.rules.matching(branch=copy.branch, category=patron.category, item_type=copy.item_type)
    loans = work.loans.open_of(patron=patron.id, copy=copy.id)
    own = [loan for loan in loans if loan.patron_id == patron.id]
    return BorrowingContext(
        calendar=calendar,
        facts=BorrowingFacts(
            today=calendar.day_of(now),
            patron=patron,
            copy=copy,
            terms=effective_terms(
                rules, branch=copy.branch, category=patron.category, item_type=copy.item_type
            ),
            loans=open_loans(own, now=now),
            lent_to_another=len(own) < len(loans),
            balance=work.accounts.balance_of(patron.id),
            held_for_another=is_held_for_another(
                queue, copy, work, patron_id=patron.id, gateways=gateways, at=now
            ),
        ),
    )


def open_loans(loans: Iterable[Loan], *, now: datetime) -> tuple[OpenLoan, ...]:
    """The loans in the form that the policies use."""
    return tuple(
        OpenLoan(
            id=loan.id,
            copy_id=loan.copy.id,
            book_id=loan.copy.book_id,
            item_type=loan.copy.item_type,
            due_at=loan.due_at,
            overdue=loan.is_overdue(now),
            lost=loan.state is LoanState.LOST,
        )
        for loan in loans
    )
