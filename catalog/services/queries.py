"""What the catalogue can be asked: read models, each by a fixed number of SQL queries."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q

from catalog.domain.barcode import Barcode, InvalidBarcode
from catalog.domain.book import BookNotFound
from catalog.domain.copy import Condition, CopyNotFound
from catalog.domain.description import language_code
from catalog.domain.isbn import ISBN
from catalog.models import BookRow, CopyRow, IsbnRow
from catalog.services.answers import Availability, BookView, CopyView
from catalog.services.ports import CirculationFacts
from catalog.services.prices import stored_price
from catalog.services.search import books_by, books_with
from shared_kernel.services.bus import Query
from shared_kernel.services.pages import Page, PageRequest, keyset_page

BookOrder = Literal["title", "-title", "year", "-year", "added", "-added"]
_ORDERS = {"title": ("sort_key", "id"), "year": ("year_key", "id"), "added": ("added_at", "id")}
_BOOK = ("id", "title", "authors", "isbns", "year", "language", "publisher", "subjects", "version")
_COPY = ("id", "barcode", "book_id", "item_type", "branch", "condition", "price_minor", "price_currency")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBooks(Query[Page[BookView]]):
    """The Books, with what there is of each.

    `q` is looked for in titles, authors, ISBNs and subjects, `author` in authors alone: every word must be
    the beginning of one, whatever its accents and case. `isbn` as people write it; `language` a code of
    ISO 639. `available` asks for a free copy in service, or for none. By year, those without one come first.
    """

    page: PageRequest
    q: str = ""
    author: str = ""
    isbn: str | None = None
    language: str | None = None
    available: bool | None = None
    ordering: BookOrder = "title"


def list_books(query: ListBooks, *, circulation: CirculationFacts) -> Page[BookView]:
    """One page, by three SQL queries. Raises InvalidISBN and InvalidLanguage."""
    rows = BookRow.objects.all()
    for condition in _conditions(query, circulation):
        rows = rows.filter(condition)
    order = _ORDERS[query.ordering.removeprefix("-")]
    page = keyset_page(
        rows.values(*dict.fromkeys((*_BOOK, *order))),
        order=order,
        request=query.page,
        descending=query.ordering.startswith("-"),
    )
    return page.mapped(lambda found: _book_views(found, circulation))


def _conditions(
    query: ListBooks, circulation: CirculationFacts
) -> list[Any]:  # Django's Q and its expressions
    conditions: list[Any] = []
    if query.q.strip():
        conditions.append(books_with(query.q))
    if query.author.strip():
        conditions.append(books_by(query.author))
    if query.isbn is not None:
        conditions.append(Q(id__in=IsbnRow.objects.filter(isbn=ISBN.parse(query.isbn).digits).values("book")))
    if query.language is not None:
        conditions.append(Q(language=language_code(query.language)))
    if query.available is not None:
        free = CopyRow.objects.filter(_is_free(circulation), book=OuterRef("id"))
        conditions.append(Exists(free) if query.available else ~Exists(free))
    return conditions


@dataclass(frozen=True, slots=True, kw_only=True)
class GetBook(Query[BookView]):
    """One Book, with what there is of it."""

    book: UUID


def get_book(query: GetBook, *, circulation: CirculationFacts) -> BookView:
    """The Book as it is now. Raises BookNotFound."""
    found = _book_views(list(BookRow.objects.filter(id=query.book).values(*_BOOK)), circulation)
    if not found:
        raise BookNotFound
    return found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCopy(Query[CopyView]):
    """The Copy under a barcode."""

    barcode: str


def get_copy(query: GetCopy, *, circulation: CirculationFacts) -> CopyView:
    """The Copy as it is now. Raises CopyNotFound, also for what can't be a barcode."""
    try:
        barcode = Barcode(query.barcode).text
    except InvalidBarcode:
        raise CopyNotFound from None
    found = _copy_views(list(CopyRow.objects.filter(barcode=barcode).values(*_COPY)), circulation)
    if not found:
        raise CopyNotFound
    return found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCopies(Query[Page[CopyView]]):
    """The Copies of a Book by barcode, the withdrawn ones included."""

    book: UUID
    page: PageRequest


def list_copies(query: ListCopies, *, circulation: CirculationFacts) -> Page[CopyView]:
    """One page. Raises BookNotFound."""
    if not BookRow.objects.filter(id=query.book).exists():
        raise BookNotFound
    rows = CopyRow.objects.filter(book=query.book).values(*_COPY)
    page = keyset_page(rows, order=("barcode", "id"), request=query.page)
    return page.mapped(lambda found: _copy_views(found, circulation))


def _is_free(circulation: CirculationFacts) -> Q:
    return Q(condition=Condition.IN_SERVICE) & ~Q(id__in=circulation.busy_copies())


def _book_views(rows: list[dict[str, Any]], circulation: CirculationFacts) -> list[BookView]:
    ids = [row["id"] for row in rows]
    counts, waiting = _counts(ids, circulation), circulation.holds_waiting(ids)
    return [
        BookView(
            id=row["id"],
            title=row["title"],
            authors=tuple(row["authors"]),
            isbn=next(iter(row["isbns"]), None),
            year=row["year"],
            language=row["language"] or None,
            publisher=row["publisher"] or None,
            subjects=tuple(row["subjects"]),
            version=row["version"],
            availability=Availability(
                copies=counts.get(row["id"], _NONE)["all"],
                lendable=counts.get(row["id"], _NONE)["lendable"],
                available=counts.get(row["id"], _NONE)["free"],
                holds_waiting=waiting.get(row["id"], 0),
            ),
        )
        for row in rows
    ]


_NONE: Mapping[str, int] = {"all": 0, "lendable": 0, "free": 0}


def _counts(books: Collection[UUID], circulation: CirculationFacts) -> dict[UUID, Mapping[str, Any]]:
    rows = (
        CopyRow.objects.filter(book__in=books)
        .exclude(condition=Condition.WITHDRAWN)
        .order_by()
        .values("book_id")
        .annotate(
            all=Count("id"),
            lendable=Count("id", filter=Q(condition=Condition.IN_SERVICE)),
            free=Count("id", filter=_is_free(circulation)),
        )
    )
    return {row["book_id"]: row for row in rows}


def _copy_views(rows: list[dict[str, Any]], circulation: CirculationFacts) -> list[CopyView]:
    states = circulation.states_of([row["id"] for row in rows])
    return [
        CopyView(
            id=row["id"],
            barcode=row["barcode"],
            book=row["book_id"],
            item_type=row["item_type"],
            branch=row["branch"],
            condition=row["condition"],
            price=stored_price(row["price_minor"], row["price_currency"]),
            state=states.get(
                row["id"], "free" if row["condition"] == Condition.IN_SERVICE else "out_of_service"
            ),
        )
        for row in rows
    ]
