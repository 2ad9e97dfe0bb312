"""The policies of renewing. All of them run, and every refusal is returned."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from lending.domain.branch_calendar import BranchCalendar
from lending.domain.loan import Loan, LoanState
from lending.domain.policies import patron as patron_policies
from lending.domain.policies.patron import MembershipExpired, PatronBlocked
from lending.domain.rule_values import RenewFrom
from lending.domain.standing import BorrowerStanding
from shared_kernel.domain.days import format_day
from shared_kernel.domain.errors import Refusal


class NotRenewable(Refusal):
    code = "not_renewable"
    message = "Only open loans can be renewed; this one is {state}."


class RenewalLimitReached(Refusal):
    code = "renewal_limit_reached"
    message = "Renewal limit reached: {renewals} of {limit} renewals."
    message_at_zero = "This loan can't be renewed: the renewal limit is 0."


class TooSoon(Refusal):
    code = "too_soon"
    message = "The loan can be renewed from {earliest_on}."


class WaitedFor(Refusal):
    code = "waited_for"
    message = "Another patron is waiting for this copy."


class Overdue(Refusal):
    code = "overdue"
    message = "The loan has been overdue since {due_on}. The copy must be returned."


class DueDateNotLater(Refusal):
    code = "due_date_not_later"
    message = "Renewed now, the loan would be due on {new_due_on}, which is not later than {due_on}."


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalFacts:
    """The facts that decide whether a loan may be renewed. The calendar is its branch's."""

    now: datetime
    loan: Loan
    patron: BorrowerStanding
    calendar: BranchCalendar
    waited_for: bool

    @property
    def today(self) -> date:
        """The branch's day."""
        return self.calendar.day_of(self.now)

    @property
    def new_due_at(self) -> datetime:
        """When the loan would be due: from its due day, or from today by the terms or when overdue."""
        terms = self.loan.terms
        from_today = terms.renew_from is RenewFrom.TODAY or self.loan.is_overdue(self.now)
        from_day = self.today if from_today else self.calendar.day_of(self.loan.due_at)
        ends_on = self.patron.expires_on
        due_at = self.calendar.due_at(
            after=self.now, from_day=from_day, days=terms.loan_days, not_after=ends_on
        )
        # A day's last second leaves no later instant on that day: due_at then answers with another day.
        return due_at if ends_on is None else min(due_at, self.calendar.end_of(ends_on))


Policy = Callable[[RenewalFacts], Refusal | None]


def loan_is_open(facts: RenewalFacts) -> NotRenewable | None:
    """Only open loans are renewed."""
    state = facts.loan.state
    return None if state is LoanState.OPEN else NotRenewable(state=state.value)


def patron_is_not_blocked(facts: RenewalFacts) -> PatronBlocked | None:
    """A blocked patron renews nothing."""
    return patron_policies.patron_is_not_blocked(facts.patron, today=facts.today)


def membership_is_running(facts: RenewalFacts) -> MembershipExpired | None:
    """Only members renew."""
    return patron_policies.membership_is_running(facts.patron, today=facts.today)


def renewals_are_left(facts: RenewalFacts) -> RenewalLimitReached | None:
    """The terms limit the number of renewals."""
    done, limit = facts.loan.renewals, facts.loan.terms.renewals
    return None if limit is None or done < limit else RenewalLimitReached(renewals=done, limit=limit)


def window_is_open(facts: RenewalFacts) -> TooSoon | None:
    """The terms may allow renewals only within so many days of the due day."""
    window = facts.loan.terms.renew_window_days
    if window is None:
        return None
    earliest_on = facts.calendar.day_of(facts.loan.due_at) - timedelta(days=window)
    if facts.today >= earliest_on:
        return None
    return TooSoon(
        earliest_at=facts.calendar.start_of(earliest_on).isoformat(), earliest_on=format_day(earliest_on)
    )


def nobody_waits_for_it(facts: RenewalFacts) -> WaitedFor | None:
    """A copy that another patron is waiting for is not renewed."""
    return WaitedFor() if facts.waited_for else None


def overdue_is_allowed(facts: RenewalFacts) -> Overdue | None:
    """The terms say whether an overdue loan may be renewed."""
    if not facts.loan.is_overdue(facts.now) or facts.loan.terms.renew_overdue:
        return None
    return Overdue(due_at=facts.loan.due_at.isoformat(), due_on=_day(facts, facts.loan.due_at))


def due_date_is_later(facts: RenewalFacts) -> DueDateNotLater | None:
    """A renewal must lead to a later due date."""
    if facts.loan.state is not LoanState.OPEN or facts.new_due_at > facts.loan.due_at:
        return None
    return DueDateNotLater(
        new_due_at=facts.new_due_at.isoformat(),
        new_due_on=_day(facts, facts.new_due_at),
        due_at=facts.loan.due_at.isoformat(),
        due_on=_day(facts, facts.loan.due_at),
    )


def _day(facts: RenewalFacts, instant: datetime) -> str:
    return format_day(facts.calendar.day_of(instant))


RENEWAL_POLICIES: Final[tuple[Policy, ...]] = (
    loan_is_open,
    patron_is_not_blocked,
    membership_is_running,
    renewals_are_left,
    window_is_open,
    nobody_waits_for_it,
    overdue_is_allowed,
    due_date_is_later,
)


def refusals(facts: RenewalFacts) -> tuple[Refusal, ...]:
    """Every reason why this loan may not be renewed now."""
    return tuple(refusal for policy in RENEWAL_POLICIES if (refusal := policy(facts)))
