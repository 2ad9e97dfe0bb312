"""Statistics of circulation for the dashboard of the administration."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.utils.timezone import get_current_timezone, localdate

from lending.models import HoldRow, LoanRow
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Query, Result

_BACK: Final = 28
_AHEAD: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyCount(Result):
    """How many on a day."""

    on: date
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CirculationSummary(Result):
    """Loans that are open and those overdue; holds whose copy is to be fetched, and that lie ready.

    `lent` counts the loans begun on each of the last four weeks' days, today the last; `due` the open loans
    that end today and on each of the next two weeks' days. Days are those of TIME_ZONE.
    """

    open_loans: int
    overdue: int
    to_fetch: int
    ready: int
    lent: Sequence[DailyCount]
    due: Sequence[DailyCount]


@dataclass(frozen=True, slots=True, kw_only=True)
class CirculationStats(Query[CirculationSummary]):
    """How is circulation doing?"""


def circulation_stats(_query: CirculationStats, *, clock: Clock) -> CirculationSummary:
    """The numbers, by six SQL queries that read open loans, active holds and a month of loans alone."""
    now = clock.now()
    today = localdate(now)
    opened = LoanRow.objects.filter(state=LoanRow.State.OPEN)
    holds = HoldRow.objects.filter(copy_id__isnull=False)
    first, last = today - timedelta(days=_BACK - 1), today + timedelta(days=_AHEAD - 1)
    lent = LoanRow.objects.filter(borrowed_at__gte=_begin(first), borrowed_at__lte=now)
    due = opened.filter(due_at__gte=now, due_at__lt=_begin(last + timedelta(days=1)))
    return CirculationSummary(
        open_loans=opened.count(),
        overdue=opened.filter(due_at__lt=now).count(),
        to_fetch=holds.filter(state=HoldRow.State.ALLOCATED).count(),
        ready=holds.filter(state=HoldRow.State.READY).count(),
        lent=_by_day(lent, "borrowed_at", first, days=_BACK),
        due=_by_day(due, "due_at", today, days=_AHEAD),
    )


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=get_current_timezone())


def _by_day(rows: QuerySet[LoanRow], instant: str, first: date, *, days: int) -> list[DailyCount]:
    counted = rows.order_by().annotate(on=TruncDate(instant)).values("on").annotate(count=Count("id"))
    counts = dict(counted.values_list("on", "count"))
    every = (first + timedelta(days=number) for number in range(days))
    return [DailyCount(on=day, count=counts.get(day, 0)) for day in every]
