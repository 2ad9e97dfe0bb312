"""Which copies are to be fetched for somebody, and which to be cleared from the hold shelf?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, QuerySet

from lending.models import HoldRow
from lending.services.reports.definition import MOST_BARS, Chart, Report, ReportContext, ReportScope
from lending.services.shelf_to_clear import shelf_to_clear
from shared_kernel.services.bus import Result
from shared_kernel.services.pagination import Page, PageRequest, keyset_page

_COLUMNS: Final = ("id", "title", "barcode", "pickup_branch", "patron_id")
#: Without a pickup branch it stays where the copy is at home.
_AT_HOME: Final = "the copy's own"


@dataclass(frozen=True, slots=True, kw_only=True)
class PickLine(Result):
    """A copy that is set aside for somebody: to be fetched from its shelf for the pickup branch."""

    title: str
    barcode: str
    pickup_branch: str
    placed_at: datetime
    patron_name: str
    patron: UUID | None
    hold: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfLine(Result):
    """A copy on the hold shelf that nobody comes for any more, and since when."""

    title: str
    barcode: str
    pickup_branch: str
    ended_at: datetime
    patron_name: str
    patron: UUID | None
    hold: UUID


def _picks(scope: ReportScope, _sources: ReportContext) -> QuerySet[HoldRow]:
    return _at_branch(HoldRow.objects.filter(state=HoldRow.State.ALLOCATED), scope)


def _shelf(scope: ReportScope, sources: ReportContext) -> QuerySet[HoldRow]:
    return _at_branch(shelf_to_clear(sources.now), scope)


def _at_branch(rows: QuerySet[HoldRow], scope: ReportScope) -> QuerySet[HoldRow]:
    return rows if scope.branch is None else rows.filter(pickup_branch=scope.branch)


_Rows = Callable[[ReportScope, ReportContext], QuerySet[HoldRow]]


def _report(*, rows: _Rows, line: type[PickLine | ShelfLine], by: str, title: str, about: str) -> Report:
    def read(scope: ReportScope, sources: ReportContext, page: PageRequest) -> Page[Any]:  # its lines
        wanted = rows(scope, sources).values(*_COLUMNS, by)
        found = keyset_page(wanted, order=(by, "id"), request=page)
        return found.mapped(lambda page: _lines(page, line, by, sources))

    def draw(scope: ReportScope, sources: ReportContext) -> Chart:
        counted = rows(scope, sources).order_by().values_list("pickup_branch").annotate(copies=Count("id"))
        bars = [(branch or _AT_HOME, copies) for branch, copies in counted.order_by("-copies")[:MOST_BARS]]
        return Chart(
            title="Copies by pickup branch",
            labels=[branch for branch, _ in bars],
            series={"copies": [copies for _, copies in bars]},
        )

    return Report(title=title, about=about, line=line, read=read, draw=draw)


def _lines(
    rows: list[dict[str, Any]],  # columns
    line: type[PickLine | ShelfLine],
    by: str,
    sources: ReportContext,
) -> list[PickLine | ShelfLine]:
    names = sources.patrons.names_of({row["patron_id"] for row in rows} - {None})
    return [
        line(
            title=row["title"],
            barcode=row["barcode"],
            pickup_branch=row["pickup_branch"] or _AT_HOME,
            patron_name=names.get(row["patron_id"], ""),
            patron=row["patron_id"],
            hold=row["id"],
            **{by: row[by]},
        )
        for row in rows
    ]


SHELF: Final = _report(
    rows=_shelf,
    line=ShelfLine,
    by="ended_at",
    title="Shelf to clear",
    about="Copies on the hold shelf whose hold has expired or was cancelled, the longest first.",
)
PICKS: Final = _report(
    rows=_picks,
    line=PickLine,
    by="placed_at",
    title="Pick list",
    about="Copies to be fetched for holds, in the order in which the holds were placed.",
)
