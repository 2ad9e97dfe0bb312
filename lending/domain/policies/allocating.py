"""Whether a waiting patron may have a copy at the moment in which one is free."""

from datetime import date

from lending.domain.loan_terms import LoanTerms
from lending.domain.policies.patron import membership_is_running, patron_is_not_blocked, patron_is_old_enough
from lending.domain.standing import BorrowerStanding


def may_have_it(patron: BorrowerStanding, *, terms: LoanTerms | None, today: date) -> bool:
    """The policies about the patron that ran when the hold was placed, with the facts of today."""
    if terms is None:
        return False
    refusals = (
        patron_is_not_blocked(patron, today=today),
        membership_is_running(patron, today=today),
        patron_is_old_enough(patron, terms.min_age, today=today),
    )
    return not any(refusals)
