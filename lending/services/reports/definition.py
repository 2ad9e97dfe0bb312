"""What all reports have in common: scope, lines and charts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final, Protocol
from uuid import UUID

from lending.services.ports import Calendars, PatronDirectory
from shared_kernel.domain.errors import InvalidValue
from shared_kernel.services.bus import Result
from shared_kernel.services.pagination import Page, PageRequest


class PeriodEndsBeforeItBegins(InvalidValue):
    code = "period_ends_before_it_begins"
    message = "The period ends on {last_on}, before it begins on {first_on}."
    pointer = "/to"


class PeriodOutOfReach(InvalidValue):
    code = "period_out_of_reach"
    message = "The period must lie between 1900 and 2999."
    pointer = "/from"


@dataclass(frozen=True, slots=True, kw_only=True)
class Borrowings(Result):
    """How often a book was borrowed; `title` is None for one that the catalogue has no more."""

    book: UUID
    title: str | None
    borrowings: int


class BorrowingStatistics(Protocol):
    """How often books were borrowed: catalog's counts, through the anti-corruption layer."""

    def most_borrowed(self, *, first_month: date, last_month: date, limit: int) -> Sequence[Borrowings]:
        """The books borrowed most often in these months, both included, the first first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContext:
    """What reports read from, and the instant as of which they are made."""

    patrons: PatronDirectory
    calendars: Calendars
    statistics: BorrowingStatistics
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportScope:
    """What a report covers: a branch's code, and the first and last day of a period, if it has one."""

    branch: str | None = None
    first_on: date | None = None
    last_on: date | None = None

    def months(self, *, now: datetime) -> tuple[date, date]:
        """The first days of the first and the last month; by default the last twelve.

        Statistics are kept by the month of UTC. Raises PeriodEndsBeforeItBegins and PeriodOutOfReach.
        """
        if any(each and not 1900 <= each.year < 3000 for each in (self.first_on, self.last_on)):
            raise PeriodOutOfReach
        last = (self.last_on or now.date()).replace(day=1)
        first = self.first_on or date(last.year - 1, last.month, 1)
        if self.first_on is None:
            first = next_month(first)
        if first.replace(day=1) > last:
            raise PeriodEndsBeforeItBegins(first_on=first, last_on=self.last_on or last)
        return first.replace(day=1), last


def next_month(month: date) -> date:
    """The first day of the next month."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart(Result):
    """A report as bars: for each label a number of every series."""

    title: str
    labels: Sequence[str]
    series: Mapping[str, Sequence[int]]


ReportPage = Page[Any]  # of the report's own kind of line


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report: its kind of line, a page of lines, and the chart of all of them.

    `has_branch` and `has_period` say what it can be narrowed to.
    """

    title: str
    about: str
    line: type[Result]
    read: Callable[[ReportScope, ReportContext, PageRequest], ReportPage]
    draw: Callable[[ReportScope, ReportContext], Chart]
    has_branch: bool = True
    has_period: bool = False

    @property
    def columns(self) -> Sequence[str]:
        """The names of a line's fields, in their order."""
        return [field.name for field in fields(self.line)]  # type: ignore[arg-type]  # each line is a dataclass


#: So many bars can be read.
MOST_BARS: Final = 20
