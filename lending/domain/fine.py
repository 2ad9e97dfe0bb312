"""The overdue fine."""

from datetime import datetime
from decimal import Decimal

from lending.domain.branch_calendar import BranchCalendar
from lending.domain.loan_terms import LoanTerms


def overdue_fine(
    *, due_at: datetime, at: datetime, calendar: BranchCalendar, terms: LoanTerms, price: Decimal | None
) -> Decimal:
    """The fine for a loan that was due at `due_at` and was returned, renewed or lost at `at`.

    Each open day late costs the daily rate. Nothing is due within the grace period; after it every late day
    counts. The fine is capped by the terms and, if they say so, by the copy's price.
    """
    late = calendar.open_days_between(due_at, at)
    if late <= terms.grace_days:
        return Decimal(0)
    caps = [cap for cap in (terms.fine_cap, price if terms.cap_at_price else None) if cap is not None]
    return min([late * terms.fine_per_day, *caps])
