"""The policies of placing a hold. All of them run, and every refusal is returned."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from lending.domain.hold_queue import AlreadyHeld
from lending.domain.loan_terms import LoanTerms
from lending.domain.policies import patron as patron_policies
from lending.domain.policies.borrowing import AlreadyOnLoan
from lending.domain.policies.patron import (
    AgeUnknown,
    MembershipExpired,
    NoTermsForCategory,
    PatronBlocked,
    TooYoung,
)
from lending.domain.standing import BorrowerStanding, OpenLoan
from shared_kernel.domain.days import day_ended_by, format_day
from shared_kernel.domain.errors import Refusal


class NothingToLend(Refusal):
    code = "nothing_to_lend"
    message = "The book has no copy that can be borrowed."
    pointer = "/book"


class HoldLimitReached(Refusal):
    code = "hold_limit_reached"
    message = "Hold limit reached: {holds} of {limit} holds. Cancel {too_many} first."
    message_at_zero = "This patron can't place holds: the limit is 0."


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFacts:
    """The facts that decide whether this patron may hold this book. `holds` counts their active holds.

    `lendable_copies` counts the copies that could fill the hold. `terms` is None if no rule names the
    patron's category.
    """

    today: date
    patron: BorrowerStanding
    book_id: UUID
    lendable_copies: int
    terms: LoanTerms | None
    holds: int
    already_held: bool
    loans: tuple[OpenLoan, ...]


Policy = Callable[[HoldFacts], Refusal | None]


def something_can_be_lent(facts: HoldFacts) -> NothingToLend | None:
    """The book must have a copy that can be lent."""
    return None if facts.lendable_copies else NothingToLend()


def patron_does_not_have_it(facts: HoldFacts) -> AlreadyOnLoan | None:
    """A patron can't hold a book that they have on loan."""
    for loan in facts.loans:
        if loan.book_id == facts.book_id:
            return AlreadyOnLoan(
                due_at=loan.due_at.isoformat(),
                due_on=format_day(day_ended_by(loan.due_at)),
                loan=str(loan.id),
                renew=f"/api/v1/loans/{loan.id}/renew",
            )
    return None


def patron_does_not_wait_yet(facts: HoldFacts) -> AlreadyHeld | None:
    """A patron can have one active hold on a book."""
    return AlreadyHeld() if facts.already_held else None


def patron_is_not_blocked(facts: HoldFacts) -> PatronBlocked | None:
    """A blocked patron places no hold."""
    return patron_policies.patron_is_not_blocked(facts.patron, today=facts.today)


def membership_is_running(facts: HoldFacts) -> MembershipExpired | None:
    """Only members place holds."""
    return patron_policies.membership_is_running(facts.patron, today=facts.today)


def patron_is_old_enough(facts: HoldFacts) -> TooYoung | AgeUnknown | None:
    """The terms may set a minimum age, which counts on the branch's day."""
    min_age = facts.terms.min_age if facts.terms else None
    return patron_policies.patron_is_old_enough(facts.patron, min_age, today=facts.today)


def category_has_terms(facts: HoldFacts) -> NoTermsForCategory | None:
    """The patron's category must have terms."""
    return None if facts.terms else NoTermsForCategory(category=facts.patron.category)


def holds_are_within_the_limit(facts: HoldFacts) -> HoldLimitReached | None:
    """One more hold must fit into the limit of the terms."""
    return hold_limit(facts.holds, facts.terms.hold_limit if facts.terms else None)


def hold_limit(count: int, limit: int | None) -> HoldLimitReached | None:
    """Whether so many active holds leave no room for another."""
    if limit is None or count < limit:
        return None
    return HoldLimitReached(holds=count, limit=limit, too_many=count - limit + 1)


HOLD_POLICIES: Final[tuple[Policy, ...]] = (
    something_can_be_lent,
    patron_does_not_have_it,
    patron_does_not_wait_yet,
    patron_is_not_blocked,
    membership_is_running,
    patron_is_old_enough,
    category_has_terms,
    holds_are_within_the_limit,
)


def refusals(facts: HoldFacts) -> tuple[Refusal, ...]:
    """Every reason why this patron may not place the hold."""
    return tuple(refusal for policy in HOLD_POLICIES if (refusal := policy(facts)))
