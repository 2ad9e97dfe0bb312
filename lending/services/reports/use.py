"""How much is the library used?"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final

from django.db.models import CharField, Count, F, Func
from django.db.models.sql.compiler import SQLCompiler

from lending.models import LoanRow
from lending.services.reports.definition import Chart, Report, ReportContext, ReportScope, next_month
from shared_kernel.services.bus import Result
from shared_kernel.services.pagination import Page, PageRequest

_UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class UseLine(Result):
    """How many loans to patrons of a category began in a month of UTC (`2024-01`)."""

    month: str
    category: str
    loans: int


class _Month(Func):
    """The month of an instant in UTC. Django's own function would be called for each row on SQLite."""

    template = "TO_CHAR(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM')"
    output_field = CharField()

    def as_sqlite(
        self, compiler: SQLCompiler, connection: Any, **more: Any
    ) -> tuple[str, Any]:  # as Django's compilers answer
        return self.as_sql(compiler, connection, template="SUBSTR(%(expressions)s, 1, 7)", **more)


def _read(scope: ReportScope, sources: ReportContext, _page: PageRequest) -> Page[UseLine]:
    """All of it at once: a line for each category and month."""
    lines = [
        UseLine(month=month, category=category, loans=loans)
        for (month, category), loans in sorted(_counted(scope, sources).items())
    ]
    return Page(results=lines)


def _draw(scope: ReportScope, sources: ReportContext) -> Chart:
    counted = _counted(scope, sources)
    months = _months(counted)
    categories = sorted({category for _, category in counted})
    series = {category: [counted[month, category] for month in months] for category in categories}
    return Chart(title="Loans by month and patron category", labels=months, series=series)


def _counted(scope: ReportScope, sources: ReportContext) -> Counter[tuple[str, str]]:
    first, last = scope.months(now=sources.now)
    begun = LoanRow.objects.filter(
        borrowed_at__gte=_midnight(first), borrowed_at__lt=_midnight(next_month(last))
    )
    here = begun if scope.branch is None else begun.filter(branch=scope.branch)
    by_month = here.order_by().annotate(month=_Month(F("borrowed_at"))).values_list("month", "category")
    counted = by_month.annotate(loans=Count("id"))
    return Counter({(month, category or _UNKNOWN): loans for month, category, loans in counted})


def _months(counted: Counter[tuple[str, str]]) -> list[str]:
    """From the first month in which there was a loan to the last."""
    told = sorted(date.fromisoformat(f"{month}-01") for month, _ in counted)
    months = told[:1]
    while months and months[-1] < told[-1]:
        months.append(next_month(months[-1]))
    return [f"{month:%Y-%m}" for month in months]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


USE: Final = Report(
    title="Use by month and category",
    about="Loans that began in whole months, by the category that the patron had then.",
    line=UseLine,
    read=_read,
    draw=_draw,
    has_period=True,
)
