"""Whether it may be forgotten whose an ended loan was."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lending.domain.loan import UNDO_WITHIN, Loan, LoanState


class Choice(StrEnum):
    """How long a patron wants past loans to be remembered as theirs."""

    DEFAULT = "default"
    FOREVER = "forever"
    NEVER = "never"


class Kept(StrEnum):
    """Why a loan stays somebody's."""

    NOT_RETURNED = "not_returned"
    RECENT = "recent"
    BY_CHOICE = "by_choice"
    CHARGED = "charged"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymisingFacts:
    """What decides on it. A returned loan is kept in mind `kept_for`, unless its patron chose otherwise.

    `owed` says whether something is still owed for the loan.
    """

    now: datetime
    loan: Loan
    choice: Choice
    kept_for: timedelta
    owed: bool


def kept_because(facts: AnonymisingFacts) -> Kept | None:
    """The first reason why the loan stays somebody's; None if it needn't.

    Even who wants nothing remembered waits until the return can't be undone any more.
    """
    returned_at = facts.loan.returned_at
    if facts.loan.state is not LoanState.RETURNED or returned_at is None:
        return Kept.NOT_RETURNED
    if facts.choice is Choice.FOREVER:
        return Kept.BY_CHOICE
    kept_for = UNDO_WITHIN if facts.choice is Choice.NEVER else facts.kept_for
    if facts.now - returned_at <= kept_for:
        return Kept.RECENT
    return Kept.CHARGED if facts.owed else None
