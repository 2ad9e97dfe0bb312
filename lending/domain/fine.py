"""What lateness costs."""

from datetime import datetime
from decimal import Decimal

from lending.domain.branch_calendar import BranchCalendar
from lending.domain.loan_terms import LoanTerms


def overdue_fine(
    *, due_at: datetime, at: datetime, calendar: BranchCalendar, terms: LoanTerms, price: Decimal | None
) -> Decimal:
    """The fine for a loan that was due and came back, or was renewed or lost, at these instants.

    Each day late on which the branch was open costs the rate. Within the days of grace nothing is due; beyond
    them every late day counts. No fine is more than the cap of the terms or, by the terms, the copy's price.
    """
    late = calendar.open_days_between(due_at, at)
    if late <= terms.grace_days:
        return Decimal(0)
    caps = [cap for cap in (terms.fine_cap, price if terms.cap_at_price else None) if cap is not None]
    return min([late * terms.fine_per_day, *caps])
