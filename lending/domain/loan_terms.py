"""What a loan is made under: the effective values of the circulation rules, snapshotted on the loan."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class RenewFrom(StrEnum):
    """The day from which a renewal counts: the due day, or the day of renewing."""

    DUE = "due"
    TODAY = "today"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanTerms:
    """The terms of one loan. None means: no limit, no cap, no window, never.

    Days are days of the branch, amounts are of the library's currency.
    """

    loan_days: int
    max_loans: int | None  # open loans of a patron
    max_of_type: int | None  # open loans of copies of one item type
    renewals: int | None
    renew_window_days: int | None  # a loan is renewed at most so many days before it is due
    renew_from: RenewFrom
    renew_overdue: bool
    hold_limit: int | None  # active holds of a patron
    pickup_days: int  # a ready hold is kept so long
    fine_per_day: Decimal
    grace_days: int  # so much lateness is forgiven; beyond it every late day counts
    fine_cap: Decimal | None
    cap_at_price: bool
    lost_after_days: int | None
    processing_fee: Decimal
    block_balance: Decimal | None  # above it nothing is lent
    block_overdue: int | None  # with so many overdue loans nothing is lent
