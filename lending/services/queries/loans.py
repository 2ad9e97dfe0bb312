"""Lending's questions and their answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from lending.domain.loan import OUTSTANDING, LoanNotFound
from lending.domain.policies.borrowing import refusals
from lending.models import LoanRow
from lending.services.answers import EligibilityView, LoanView, RefusalView
from lending.services.borrowing import Directories, borrowing_case
from lending.services.ports import (
    AmbiguousBook,
    CopyDirectory,
    LendingWork,
    PatronDirectory,
    UnknownCopy,
    UnknownPatron,
)
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Query
from shared_kernel.services.pagination import Page, PageRequest, keyset_page

_COLUMNS: Final = (
    *("id", "barcode", "book_id", "title", "patron_id", "branch", "state"),
    *("borrowed_at", "due_at", "returned_at", "renewals"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility(Query[EligibilityView]):
    """May this patron borrow this copy now?"""

    refusals = (UnknownPatron, UnknownCopy)

    patron_card: str
    copy_barcode: str


def eligibility(
    query: Eligibility, *, work: LendingWork, directories: Directories, clock: Clock
) -> EligibilityView:
    """The answer of the very policies that BorrowBook runs. Raises UnknownPatron and UnknownCopy."""
    patron = directories.patrons.standing(card=query.patron_card)
    copy = directories.copies.by_barcode(query.copy_barcode)
    queue = work.holds.peek(copy.book_id, title=copy.book_title)
    case = borrowing_case(work, patron=patron, copy=copy, queue=queue, now=clock.now())
    reasons = [
        RefusalView(code=reason.code, detail=reason.detail, params=reason.params)
        for reason in refusals(case.facts)
    ]
    return EligibilityView(eligible=not reasons, refusals=reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetLoan(Query[LoanView]):
    """One loan. `viewer_login` bounds the answer to that login's own loans; None sees every loan."""

    refusals = (LoanNotFound,)

    id: UUID
    viewer_login: int | None = None


def get_loan(query: GetLoan, *, patrons: PatronDirectory, clock: Clock) -> LoanView:
    """The loan. Raises LoanNotFound, also for somebody else's."""
    visible = _visible_to(query.viewer_login, patrons=patrons)
    row = visible.filter(id=query.id).values(*_COLUMNS).first()
    if row is None:
        raise LoanNotFound(id=str(query.id))
    return _view(row, now=clock.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLoans(Query[Page[LoanView]]):
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


def list_loans(query: ListLoans, *, patrons: PatronDirectory, clock: Clock) -> Page[LoanView]:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FindBorrower(Query[str]):
    """Which card is meant by a card number or an email address?"""

    card_or_email: str


def find_borrower(query: FindBorrower, *, patrons: PatronDirectory) -> str:
    """The card number. Raises UnknownPatron."""
    return patrons.card_of(query.card_or_email)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronOfCard(Query[UUID | None]):
    """Whose card is this, if anybody's?"""

    card: str


def patron_of_card(query: PatronOfCard, *, patrons: PatronDirectory) -> UUID | None:
    """The patron's id."""
    try:
        return patrons.standing(card=query.card).id
    except UnknownPatron:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindCopy(Query[str]):
    """Which copy is meant by a barcode, or by a book's id where only one of its copies is (not) lent?"""

    barcode_or_book: str
    lent: bool


def find_copy(query: FindCopy, *, copies: CopyDirectory) -> str:
    """The barcode. Raises AmbiguousBook, and UnknownCopy where the book has no copy.

    Where none could be meant, any is named, so that the command tells why not.
    """
    try:
        book = UUID(query.barcode_or_book)
    except ValueError:
        return query.barcode_or_book
    candidates = copies.of_book(book)
    lent = set(
        LoanRow.objects.filter(book_id=book, state=LoanRow.State.OPEN).values_list("copy_id", flat=True)
    )
    meant = [copy for copy in candidates if (copy.id in lent) is query.lent and (copy.lendable or query.lent)]
    if len(meant) > 1:
        raise AmbiguousBook(count=len(meant), barcodes=", ".join(copy.barcode for copy in meant[:10]))
    if not meant and not candidates:
        raise UnknownCopy(barcode=query.barcode_or_book)
    return (meant or list(candidates))[0].barcode


def _visible_to(login: int | None, *, patrons: PatronDirectory) -> QuerySet[LoanRow]:
    if login is None:
        return LoanRow.objects.all()
    own = patrons.id_of_login(login)
    return LoanRow.objects.filter(patron_id=own) if own else LoanRow.objects.none()


def _view(row: dict[str, Any], *, now: datetime) -> LoanView:
    return LoanView(
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
