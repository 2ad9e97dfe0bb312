"""Lending's scheduled jobs: which records are due, and the command that each is due for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet

from lending.domain.branch_calendar import BranchCalendar
from lending.domain.loan import OVERDUE_NOTICE_EVERY
from lending.models import HoldRow, LoanRow
from lending.services.batches import ids_in_batches
from lending.services.commands.age_to_lost import AgeToLost
from lending.services.commands.allocate_copies import AllocateCopies
from lending.services.commands.end_suspension import EndSuspension
from lending.services.commands.expire_hold import ExpireHold
from lending.services.commands.mark_overdue import MarkOverdue
from lending.services.commands.remind_due_soon import RemindDueSoon
from lending.services.gateways import Gateways
from lending.services.holds_to_fill import LendableCopies, holds_to_fill
from lending.services.ports import Calendars, LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command, Query

#: Patrons are reminded so long before a loan is due.
LEAD: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class HoldsDue(Query[Iterator[Command[bool]]]):
    """Which holds are to be expired or woken up now?"""


def holds_due(
    _query: HoldsDue, *, work: LendingWork, gateways: Gateways, lendable: LendableCopies, clock: Clock
) -> Iterator[Command[bool]]:
    """Ready holds whose pickup deadline has passed, suspensions that have ended, free copies to allocate.

    A free copy is allocated later than in the commit that makes it free only if a day lets its patron in
    again, such as the one after the last of a block.
    """
    now = clock.now()
    expired = HoldRow.objects.filter(state=HoldRow.State.READY, pickup_deadline_at__lt=now)
    for hold in list(expired.order_by("pickup_deadline_at").values_list("id", flat=True)):
        yield ExpireHold(hold=hold)
    rested = HoldRow.objects.filter(
        state=HoldRow.State.WAITING, suspended_until__lte=now.date() + timedelta(days=1)
    )
    for hold in list(rested.order_by("suspended_until").values_list("id", flat=True)):
        yield EndSuspension(hold=hold)
    waiting = holds_to_fill(lendable, work, gateways=gateways, at=now)
    for book in sorted({book for book, _ in waiting}):
        yield AllocateCopies(book=book)


@dataclass(frozen=True, slots=True)
class LoansDueSoon(Query[Iterator[Command[bool]]]):
    """Of which loans are patrons to be reminded now?"""


def loans_due_soon(_query: LoansDueSoon, *, clock: Clock) -> Iterator[Command[bool]]:
    """Open loans that are due within the lead time and whose patron hasn't been reminded yet."""
    now = clock.now()
    soon = Q(due_at__gt=now, due_at__lte=now + LEAD, state=LoanRow.State.OPEN)
    untold = LoanRow.objects.filter(soon, due_soon_version__lt=F("due_version"))
    for loan in list(untold.order_by("due_at").values_list("id", flat=True)):
        yield RemindDueSoon(loan=loan)


@dataclass(frozen=True, slots=True)
class OverdueLoans(Query[Iterator[Command[bool]]]):
    """Which overdue loans is there something to report about?"""


def overdue_loans(_query: OverdueLoans, *, work: LendingWork, clock: Clock) -> Iterator[Command[bool]]:
    """Overdue loans that need a notice: they became overdue, or still are.

    Reads the days on which anything was due and what was announced, which are few, then only those loans.
    """
    now = clock.now()
    days_late = _lateness(work.calendars, now=now)
    untold = ExpressionWrapper(Q(overdue_version__lt=F("due_version")), output_field=BooleanField())
    overdue = _overdue(now).annotate(untold=untold)
    kinds = overdue.values_list("branch", "due_at", "untold", "overdue_notices").distinct()
    for branch, due_at, is_untold, notices in list(kinds.order_by("due_at", "branch")):
        late = days_late(branch, due_at)
        if is_untold or late is None or late // OVERDUE_NOTICE_EVERY > notices:
            same = overdue.filter(branch=branch, due_at=due_at, untold=is_untold, overdue_notices=notices)
            yield from (MarkOverdue(loan=loan) for loan in ids_in_batches(same))


@dataclass(frozen=True, slots=True)
class AgedLoans(Query[Iterator[Command[bool]]]):
    """Which loans have been overdue for so long that they count as lost?"""


def aged_loans(_query: AgedLoans, *, work: LendingWork, clock: Clock) -> Iterator[Command[bool]]:
    """Loans that are overdue for longer than their terms say; read likewise."""
    now = clock.now()
    days_late, overdue = _lateness(work.calendars, now=now), _overdue(now)
    kinds = overdue.values_list("branch", "due_at", "terms__lost_after_days").distinct()
    for branch, due_at, lost_after in list(kinds.order_by("due_at", "branch")):
        late = days_late(branch, due_at)
        if lost_after is not None and (late is None or late > lost_after):
            same = overdue.filter(branch=branch, due_at=due_at, terms__lost_after_days=lost_after)
            yield from (AgeToLost(loan=loan) for loan in ids_in_batches(same))


def _overdue(now: datetime) -> QuerySet[LoanRow]:
    return LoanRow.objects.filter(state=LoanRow.State.OPEN, due_at__lt=now)


def _lateness(calendars: Calendars, *, now: datetime) -> Callable[[str, datetime], int | None]:
    """How many days late something is at a branch. None where there is none: the command says so of each."""
    known: dict[str, BranchCalendar | None] = {}

    def days_late(branch: str, due_at: datetime) -> int | None:
        if branch not in known:
            known[branch] = calendars.of(branch) if calendars.knows(branch) else None
        calendar = known[branch]
        return None if calendar is None else calendar.days_overdue(due_at=due_at, at=now)

    return days_late
