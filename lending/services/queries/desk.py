"""The board of the circulation desk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from lending.models import HoldRow, LoanRow
from lending.services.ports import PatronDirectory
from lending.services.shelf_to_clear import shelf_to_clear
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Query, Result

#: A board shows so many rows of each kind; the lists have all of them.
_MOST: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardLoan(Result):
    """A loan on the board."""

    id: UUID
    title: str
    barcode: str
    due_at: datetime
    patron: UUID
    patron_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardHold(Result):
    """A hold whose copy somebody has to fetch or to clear away."""

    id: UUID
    title: str
    barcode: str
    pickup_branch: str | None
    patron: UUID
    patron_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskBoardDetails(Result):
    """The first of each: loans due within a day, overdue loans, copies to pick, copies to clear."""

    due_today: Sequence[BoardLoan]
    overdue: Sequence[BoardLoan]
    pick_list: Sequence[BoardHold]
    shelf_to_clear: Sequence[BoardHold]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskBoard(Query[DeskBoardDetails]):
    """What is to be done at the desk today?"""


def desk_board(_query: DeskBoard, *, patrons: PatronDirectory, clock: Clock) -> DeskBoardDetails:
    """The board; the same few queries however large the library is."""
    now = clock.now()
    opened = LoanRow.objects.filter(state=LoanRow.State.OPEN).order_by("due_at", "id")
    due = _loans(opened.filter(due_at__gte=now, due_at__lt=now + timedelta(days=1)))
    overdue = _loans(opened.filter(due_at__lt=now))
    picked = _holds(HoldRow.objects.filter(state=HoldRow.State.ALLOCATED).order_by("placed_at", "id"))
    cleared = _holds(shelf_to_clear(now))
    names = patrons.names_of({row["patron_id"] for row in (*due, *overdue, *picked, *cleared)})
    return DeskBoardDetails(
        due_today=[_loan(row, names) for row in due],
        overdue=[_loan(row, names) for row in overdue],
        pick_list=[_hold(row, names) for row in picked],
        shelf_to_clear=[_hold(row, names) for row in cleared],
    )


def _loans(rows: QuerySet[LoanRow]) -> list[dict[str, Any]]:  # a row's columns
    return [dict(row) for row in rows.values("id", "title", "barcode", "due_at", "patron_id")[:_MOST]]


def _holds(rows: QuerySet[HoldRow]) -> list[dict[str, Any]]:  # a row's columns
    return [dict(row) for row in rows.values("id", "title", "barcode", "pickup_branch", "patron_id")[:_MOST]]


def _loan(row: dict[str, Any], names: Mapping[UUID, str]) -> BoardLoan:
    patron = row.pop("patron_id")
    return BoardLoan(**row, patron=patron, patron_name=names.get(patron, ""))


def _hold(row: dict[str, Any], names: Mapping[UUID, str]) -> BoardHold:
    patron = row.pop("patron_id")
    return BoardHold(**row, patron=patron, patron_name=names.get(patron, ""))
