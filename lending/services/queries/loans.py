"""Queries about loans."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from lending.domain.loan import OUTSTANDING, LoanNotFound
from lending.models import LoanRow
from lending.services.loan_details import LoanDetails
from lending.services.ports import (
    PatronDirectory,
)
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Query
from shared_kernel.services.pagination import Page, PageRequest, keyset_page

_COLUMNS: Final = (
    *("id", "barcode", "book_id", "title", "patron_id", "branch", "state"),
    *("borrowed_at", "due_at", "returned_at", "renewals"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetLoan(Query[LoanDetails]):
    """One loan. `viewer_login` bounds the answer to that login's own loans; None sees every loan."""

    refusals = (LoanNotFound,)

    id: UUID
    viewer_login: int | None = None


def get_loan(query: GetLoan, *, patrons: PatronDirectory, clock: Clock) -> LoanDetails:
    """The loan. Raises LoanNotFound, also for somebody else's."""
    visible = _visible_to(query.viewer_login, patrons=patrons)
    row = visible.filter(id=query.id).values(*_COLUMNS).first()
    if row is None:
        raise LoanNotFound(id=str(query.id))
    return _view(row, now=clock.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLoans(Query[Page[LoanDetails]]):
    """Loans, the newest first; `state` may be `outstanding` for all whose copy is not in the house.

    `overdue` asks for those that are, or aren't, overdue now.

    `copy` is a barcode. `viewer_login` bounds the answer to that login's own loans; None sees every loan.
    """

    patron: UUID | None = None
    copy: str | None = None
    state: str | None = None
    overdue: bool | None = None
    viewer_login: int | None = None
    page: PageRequest


def list_loans(query: ListLoans, *, patrons: PatronDirectory, clock: Clock) -> Page[LoanDetails]:
    """A page of loans."""
    now = clock.now()
    rows = _visible_to(query.viewer_login, patrons=patrons)
    wanted: dict[str, Any] = {"patron_id": query.patron, "barcode": query.copy}  # column values
    if query.state is not None:
        wanted["state__in"] = sorted(OUTSTANDING) if query.state == "outstanding" else [query.state]
    rows = rows.filter(**{column: value for column, value in wanted.items() if value is not None})
    if query.overdue is not None:
        late = {"state": LoanRow.State.OPEN, "due_at__lt": now}
        rows = rows.filter(**late) if query.overdue else rows.exclude(**late)
    found = keyset_page(
        rows.values(*_COLUMNS), order=("borrowed_at", "id"), request=query.page, descending=True
    )
    return found.mapped(lambda page: [_view(row, now=now) for row in page])


def _visible_to(login: int | None, *, patrons: PatronDirectory) -> QuerySet[LoanRow]:
    if login is None:
        return LoanRow.objects.all()
    own = patrons.id_of_login(login)
    return LoanRow.objects.filter(patron_id=own) if own else LoanRow.objects.none()


def _view(row: dict[str, Any], *, now: datetime) -> LoanDetails:
    return LoanDetails(
        id=row["id"],
        copy_barcode=row["barcode"],
        book=row["book_id"],
        title=row["title"],
        patron=row["patron_id"],
        branch=row["branch"],
        state=row["state"],
        borrowed_at=row["borrowed_at"],
        due_at=row["due_at"],
        returned_at=row["returned_at"],
        renewals=row["renewals"],
        overdue=row["state"] == LoanRow.State.OPEN and row["due_at"] < now,
    )
