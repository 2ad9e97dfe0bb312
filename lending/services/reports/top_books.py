"""Which books are borrowed most?"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from lending.services.reports.definition import (
    MOST_BARS,
    Borrowings,
    Chart,
    Report,
    ReportContext,
    ReportScope,
)
from shared_kernel.services.bus import Result
from shared_kernel.services.pagination import Page, PageRequest

_GONE: Final = "(not in the catalogue any more)"
_LONGEST_LABEL: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class TopBookLine(Result):
    """A book, its place among those borrowed most, and how often it was."""

    place: int
    title: str
    borrowings: int
    book: UUID


def _read(scope: ReportScope, sources: ReportContext, page: PageRequest) -> Page[TopBookLine]:
    """One page, and no other: who wants more of the top asks for a larger one."""
    lines = [
        TopBookLine(place=place, title=it.title or _GONE, borrowings=it.borrowings, book=it.book)
        for place, it in enumerate(_most_borrowed(scope, sources, page.size), start=1)
    ]
    return Page(results=lines)


def _draw(scope: ReportScope, sources: ReportContext) -> Chart:
    most = _most_borrowed(scope, sources, MOST_BARS)
    return Chart(
        title="Borrowings",
        labels=[_short(it.title or _GONE) for it in most],
        series={"borrowings": [it.borrowings for it in most]},
    )


def _most_borrowed(scope: ReportScope, sources: ReportContext, limit: int) -> list[Borrowings]:
    first, last = scope.months(now=sources.now)
    return list(sources.statistics.most_borrowed(first_month=first, last_month=last, limit=limit))


def _short(title: str) -> str:
    return title if len(title) <= _LONGEST_LABEL else f"{title[: _LONGEST_LABEL - 1]}…"


TOP_BOOKS: Final = Report(
    title="Top books",
    about="What was borrowed most in whole months, as counted by the catalogue; a file has the first 500.",
    line=TopBookLine,
    read=_read,
    draw=_draw,
    has_branch=False,
    has_period=True,
)
