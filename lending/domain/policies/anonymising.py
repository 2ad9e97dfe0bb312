"""Whether a returned loan may be anonymised."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lending.domain.loan import UNDO_WITHIN, Loan, LoanState


class PrivacyChoice(StrEnum):
    """How long a patron wants to keep a loan history."""

    DEFAULT = "default"
    FOREVER = "forever"
    NEVER = "never"


class RetentionReason(StrEnum):
    """Why a loan keeps its patron."""

    NOT_RETURNED = "not_returned"
    RECENT = "recent"
    BY_CHOICE = "by_choice"
    CHARGED = "charged"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymisationFacts:
    """What decides whether a returned loan is anonymised.

    It keeps its patron for `retention_period`, unless the patron chose otherwise. `owed`: charges for the
    loan are still unpaid.
    """

    now: datetime
    loan: Loan
    choice: PrivacyChoice
    retention_period: timedelta
    owed: bool


def retention_reason(facts: AnonymisationFacts) -> RetentionReason | None:
    """The first reason to keep the loan's patron; None if the loan may be anonymised.

    A patron who wants no history still has one until the return can no longer be undone.
    """
    returned_at = facts.loan.returned_at
    if facts.loan.state is not LoanState.RETURNED or returned_at is None:
        return RetentionReason.NOT_RETURNED
    if facts.choice is PrivacyChoice.FOREVER:
        return RetentionReason.BY_CHOICE
    retention_period = UNDO_WITHIN if facts.choice is PrivacyChoice.NEVER else facts.retention_period
    if facts.now - returned_at <= retention_period:
        return RetentionReason.RECENT
    return RetentionReason.CHARGED if facts.owed else None
