"""Which loans are overdue?"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from lending.models import LoanRow
from lending.services.reports.definition import Chart, Report, ReportContext, ReportScope
from shared_kernel.services.bus import Result
from shared_kernel.services.pagination import Page, PageRequest, keyset_page

_COLUMNS: Final = ("id", "title", "barcode", "branch", "due_at", "patron_id")
#: Days overdue at which the bars of the chart end; the last has no end.
_ENDS: Final = (7, 14, 30, 90)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueLine(Result):
    """An overdue loan, since how many days of its branch, and who has the copy."""

    title: str
    barcode: str
    branch: str
    due_at: datetime
    days_overdue: int
    patron_name: str
    patron: UUID
    loan: UUID


def _read(scope: ReportScope, sources: ReportContext, page: PageRequest) -> Page[OverdueLine]:
    found = keyset_page(_overdue(scope, sources).values(*_COLUMNS), order=("due_at", "id"), request=page)
    return found.mapped(lambda rows: _lines(rows, sources))


def _lines(rows: list[dict[str, Any]], sources: ReportContext) -> list[OverdueLine]:  # rows' columns
    names = sources.patrons.names_of({row["patron_id"] for row in rows})
    return [
        OverdueLine(
            title=row["title"],
            barcode=row["barcode"],
            branch=row["branch"],
            due_at=row["due_at"],
            days_overdue=sources.calendars.of(row["branch"]).days_overdue(
                due_at=row["due_at"], at=sources.now
            ),
            patron_name=names.get(row["patron_id"], ""),
            patron=row["patron_id"],
            loan=row["id"],
        )
        for row in rows
    ]


def _draw(scope: ReportScope, sources: ReportContext) -> Chart:
    bounds = [None, *(sources.now - timedelta(days=days) for days in _ENDS), None]
    bars = {
        f"bar_{place}": Count("id", filter=_between(earlier, later))
        for place, (later, earlier) in enumerate(pairwise(bounds))
    }
    counted = _overdue(scope, sources).aggregate(**bars)
    labels = [f"{first + 1}–{last} days" for first, last in zip((0, *_ENDS), _ENDS, strict=False)]
    return Chart(
        title="Overdue loans by how late they are",
        labels=[*labels, f"over {_ENDS[-1]} days"],
        series={"loans": [counted[name] for name in bars]},
    )


def _between(earlier: datetime | None, later: datetime | None) -> Q:
    within = Q() if earlier is None else Q(due_at__gte=earlier)
    return within if later is None else within & Q(due_at__lt=later)


def _overdue(scope: ReportScope, sources: ReportContext) -> QuerySet[LoanRow]:
    late = LoanRow.objects.filter(state=LoanRow.State.OPEN, due_at__lt=sources.now).order_by()
    return late if scope.branch is None else late.filter(branch=scope.branch)


OVERDUE: Final = Report(
    title="Overdue loans",
    about="Open loans whose due date has passed, the longest overdue first.",
    line=OverdueLine,
    read=_read,
    draw=_draw,
)
