"""The policies of borrowing. All of them run, and every refusal is returned.

The command and the eligibility query use the same list, so they can't disagree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from lending.domain.loan_terms import LoanTerms
from lending.domain.policies import patron as patron_policies
from lending.domain.policies.patron import (
    AgeUnknown,
    MembershipExpired,
    NoTermsForCategory,
    PatronBlocked,
    TooYoung,
)
from lending.domain.standing import BorrowerStanding, CirculatingCopy, OpenLoan
from shared_kernel.domain.days import day_ended_by, format_day
from shared_kernel.domain.errors import Refusal
from shared_kernel.domain.money import Money


class CopyNotLendable(Refusal):
    code = "copy_not_lendable"
    message = "This copy can't be borrowed: it is {condition}."
    pointer = "/copy_barcode"


class CopyNotAvailable(Refusal):
    code = "copy_not_available"
    message = "This copy is on loan to another patron."
    pointer = "/copy_barcode"


class HeldForAnother(Refusal):
    code = "held_for_another"
    message = "This copy is held for another patron."
    pointer = "/copy_barcode"


class AlreadyOnLoan(Refusal):
    code = "already_on_loan"
    message = "The patron already has this copy on loan until {due_on}. Renew the loan instead."


class LoanLimitReached(Refusal):
    code = "loan_limit_reached"
    message = "Loan limit reached: {loans} of {limit} loans. Return {too_many} first."
    message_at_zero = "This patron can't borrow: the loan limit is 0."


class ItemTypeLimitReached(Refusal):
    code = "item_type_limit_reached"
    message = "Limit for {item_type} reached: {loans} of {limit} loans. Return {too_many} first."
    message_at_zero = "This patron can't borrow copies of type {item_type}: their limit is 0."


class OverdueBlock(Refusal):
    code = "overdue_block"
    message = "The patron has {overdue} overdue loans; borrowing stops at {limit}. Return {too_many} first."
    message_at_zero = "This patron can't borrow: the limit of overdue loans is 0."


class BalanceBlock(Refusal):
    code = "balance_block"
    message = (
        "The patron owes {balance}; the limit for borrowing is {limit}. At least {too_much} must be "
        "paid first."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowingFacts:
    """The facts that decide whether this patron may borrow this copy.

    `today` is a day of the copy's branch; `terms` is None where no rule names the patron's category.
    `held_for_another`: the copy is allocated to another patron's hold, or would be if it were free.
    """

    today: date
    patron: BorrowerStanding
    copy: CirculatingCopy
    terms: LoanTerms | None
    loans: tuple[OpenLoan, ...]
    lent_to_another: bool
    held_for_another: bool
    balance: Money


Policy = Callable[[BorrowingFacts], Refusal | None]


def copy_is_for_lending(facts: BorrowingFacts) -> CopyNotLendable | None:
    """Only a copy in service is lent."""
    return None if facts.copy.lendable else CopyNotLendable(condition=facts.copy.condition)


def copy_is_in_the_house(facts: BorrowingFacts) -> CopyNotAvailable | None:
    """A copy on loan to another patron can't be lent."""
    return CopyNotAvailable() if facts.lent_to_another else None


def patron_does_not_have_it(facts: BorrowingFacts) -> AlreadyOnLoan | None:
    """A patron can't borrow a copy twice; the loan can be renewed instead."""
    for loan in facts.loans:
        if loan.copy_id == facts.copy.id:
            return AlreadyOnLoan(
                due_at=loan.due_at.isoformat(),
                due_on=format_day(day_ended_by(loan.due_at)),
                loan=str(loan.id),
                renew=f"/api/v1/loans/{loan.id}/renew",
            )
    return None


def nobody_waits_for_it(facts: BorrowingFacts) -> HeldForAnother | None:
    """A copy held for another patron can't be lent."""
    return HeldForAnother() if facts.held_for_another else None


def patron_is_not_blocked(facts: BorrowingFacts) -> PatronBlocked | None:
    """A blocked patron borrows nothing."""
    return patron_policies.patron_is_not_blocked(facts.patron, today=facts.today)


def membership_is_running(facts: BorrowingFacts) -> MembershipExpired | None:
    """Only members borrow."""
    return patron_policies.membership_is_running(facts.patron, today=facts.today)


def patron_is_old_enough(facts: BorrowingFacts) -> TooYoung | AgeUnknown | None:
    """The terms may set a minimum age, which counts on the branch's day."""
    min_age = facts.terms.min_age if facts.terms else None
    return patron_policies.patron_is_old_enough(facts.patron, min_age, today=facts.today)


def category_has_terms(facts: BorrowingFacts) -> NoTermsForCategory | None:
    """The patron's category must have terms."""
    return None if facts.terms else NoTermsForCategory(category=facts.patron.category)


def loans_are_within_the_limit(facts: BorrowingFacts) -> LoanLimitReached | None:
    """One more loan must fit into the limit of the terms."""
    return loan_limit(
        sum(not loan.lost for loan in facts.loans), facts.terms.max_loans if facts.terms else None
    )


def loan_limit(count: int, limit: int | None) -> LoanLimitReached | None:
    """Whether so many open loans leave no room for another."""
    if limit is None or count < limit:
        return None
    return LoanLimitReached(loans=count, limit=limit, too_many=count - limit + 1)


def loans_of_the_type_are_within_the_limit(facts: BorrowingFacts) -> ItemTypeLimitReached | None:
    """One more loan of this item type must fit into the limit of the terms for the type."""
    item_type, limit = facts.copy.item_type, facts.terms.max_of_type if facts.terms else None
    return item_type_limit(
        sum(loan.item_type == item_type and not loan.lost for loan in facts.loans),
        limit,
        item_type=item_type,
    )


def item_type_limit(count: int, limit: int | None, *, item_type: str = "") -> ItemTypeLimitReached | None:
    """Whether so many open loans of this item type leave no room for another."""
    if limit is None or count < limit:
        return None
    return ItemTypeLimitReached(item_type=item_type, loans=count, limit=limit, too_many=count - limit + 1)


def not_too_much_is_overdue(facts: BorrowingFacts) -> OverdueBlock | None:
    """Too many overdue loans stop all borrowing."""
    count = sum(loan.overdue for loan in facts.loans)
    return overdue_limit(count, facts.terms.block_overdue if facts.terms else None)


def overdue_limit(count: int, limit: int | None) -> OverdueBlock | None:
    """Whether so many overdue loans stop all borrowing."""
    if limit is None or count < limit:
        return None
    return OverdueBlock(overdue=count, limit=limit, too_many=count - limit + 1)


def balance_is_not_too_high(facts: BorrowingFacts) -> BalanceBlock | None:
    """A patron who owes more than the terms allow can't borrow."""
    owed, limit = facts.balance, facts.terms.block_balance if facts.terms else None
    if limit is None or owed.amount <= limit:
        return None
    return BalanceBlock(
        balance=f"{owed.amount} {owed.currency}",
        limit=f"{limit} {owed.currency}",
        too_much=f"{owed.amount - limit} {owed.currency}",
    )


BORROWING_POLICIES: Final[tuple[Policy, ...]] = (
    copy_is_for_lending,
    copy_is_in_the_house,
    patron_does_not_have_it,
    nobody_waits_for_it,
    patron_is_not_blocked,
    membership_is_running,
    patron_is_old_enough,
    category_has_terms,
    loans_are_within_the_limit,
    loans_of_the_type_are_within_the_limit,
    not_too_much_is_overdue,
    balance_is_not_too_high,
)
_OVERRIDABLE: Final = frozenset(
    refusal.code
    for refusal in (
        PatronBlocked,
        TooYoung,
        AgeUnknown,
        LoanLimitReached,
        ItemTypeLimitReached,
        OverdueBlock,
        BalanceBlock,
        CopyNotLendable,
    )
)


def refusals(facts: BorrowingFacts) -> tuple[Refusal, ...]:
    """Every reason why this patron may not borrow this copy; empty if the loan is allowed."""
    return tuple(refusal for policy in BORROWING_POLICIES if (refusal := policy(facts)))


def can_be_overridden(refusal: Refusal, facts: BorrowingFacts) -> bool:
    """Whether staff may override the refusal: never for a missing copy, nor for a suspension."""
    if isinstance(refusal, CopyNotLendable):
        return facts.copy.in_reach
    if isinstance(refusal, PatronBlocked):
        return refusal.params["until"] is not None
    return refusal.code in _OVERRIDABLE
