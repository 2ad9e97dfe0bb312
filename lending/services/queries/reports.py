"""Runs the reports."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from lending.services.ports import Calendars, LendingWork, PatronDirectory
from lending.services.reports.definition import (
    BorrowingStatistics,
    Chart,
    Report,
    ReportContext,
    ReportPage,
    ReportScope,
)
from lending.services.reports.holds import PICKS, SHELF
from lending.services.reports.overdue import OVERDUE
from lending.services.reports.top_books import TOP_BOOKS
from lending.services.reports.use import USE
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Query
from shared_kernel.services.pagination import PageRequest
from shared_kernel.services.queries import ask

REPORTS: Final[Mapping[str, Report]] = {
    "overdue": OVERDUE,
    "top-books": TOP_BOOKS,
    "use": USE,
    "shelf": SHELF,
    "picks": PICKS,
}
#: Whoever takes all lines gets them in pages of this size; of the top books so many.
_TOGETHER: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReport(Query[ReportPage]):
    """A page of a report's lines, by its name in REPORTS."""

    name: str
    scope: ReportScope
    page: PageRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawReport(Query[Chart]):
    """All of a report as bars."""

    name: str
    scope: ReportScope


def read_report(
    query: ReadReport,
    *,
    patrons: PatronDirectory,
    work: LendingWork,
    statistics: BorrowingStatistics,
    clock: Clock,
) -> ReportPage:
    """The page. Raises PeriodEndsBeforeItBegins and UnknownBranch."""
    sources = ReportContext(patrons=patrons, calendars=work.calendars, statistics=statistics, now=clock.now())
    _refuse_unknown_branch(query.scope, work.calendars)
    return REPORTS[query.name].read(query.scope, sources, query.page)


def draw_report(
    query: DrawReport,
    *,
    patrons: PatronDirectory,
    work: LendingWork,
    statistics: BorrowingStatistics,
    clock: Clock,
) -> Chart:
    """The chart. Raises PeriodEndsBeforeItBegins and UnknownBranch."""
    sources = ReportContext(patrons=patrons, calendars=work.calendars, statistics=statistics, now=clock.now())
    _refuse_unknown_branch(query.scope, work.calendars)
    return REPORTS[query.name].draw(query.scope, sources)


def _refuse_unknown_branch(scope: ReportScope, calendars: Calendars) -> None:
    if scope.branch is not None:
        calendars.of(scope.branch)


def all_lines(name: str, scope: ReportScope) -> Iterator[Any]:  # its kind of line
    """Every line of a report, a page in memory at a time."""
    page = PageRequest(size=_TOGETHER)
    while True:
        found = ask(ReadReport(name=name, scope=scope, page=page))
        yield from found.results
        if found.next is None:
            return
        page = replace(page, keys=found.next)
