"""What the catalogue can be asked: read models, each by a fixed number of SQL queries."""

from dataclasses import dataclass
from uuid import UUID

from catalog.domain.barcode import Barcode, InvalidBarcode
from catalog.domain.book import BookNotFound
from catalog.domain.copy import CopyNotFound
from catalog.models import BookRow, CopyRow
from catalog.services.answers import BookView, CopyView
from catalog.services.listing import BookPage, ListBooks, list_books
from catalog.services.ordering import BookOrder
from catalog.services.ports import CirculationFacts
from catalog.services.reading import COPY, book_views, books_with_ids, copy_views
from shared_kernel.services.bus import Query
from shared_kernel.services.pagination import CompiledPages, Page, PageRequest
from shared_kernel.sql import Param

__all__ = ("BookOrder", "BookPage", "GetBook", "GetCopy", "ListBooks", "ListCopies", "list_books")


@dataclass(frozen=True, slots=True, kw_only=True)
class GetBook(Query[BookView]):
    """One Book, with what there is of it."""

    refusals = (BookNotFound,)

    book: UUID


def get_book(query: GetBook, *, circulation: CirculationFacts) -> BookView:
    """The Book as it is now. Raises BookNotFound."""
    found = book_views(books_with_ids([query.book]), circulation)
    if not found:
        raise BookNotFound
    return found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCopy(Query[CopyView]):
    """The Copy under a barcode."""

    refusals = (CopyNotFound,)

    barcode: str


def get_copy(query: GetCopy, *, circulation: CirculationFacts) -> CopyView:
    """The Copy as it is now. Raises CopyNotFound, also for what can't be a barcode."""
    try:
        barcode = Barcode(query.barcode).text
    except InvalidBarcode:
        raise CopyNotFound from None
    found = copy_views(list(CopyRow.objects.filter(barcode=barcode).values(*COPY)), circulation)
    if not found:
        raise CopyNotFound
    return found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCopies(Query[Page[CopyView]]):
    """The Copies of a Book by barcode, the withdrawn ones included."""

    refusals = (BookNotFound,)

    book: UUID
    page: PageRequest


def list_copies(query: ListCopies, *, circulation: CirculationFacts) -> Page[CopyView]:
    """One page. Raises BookNotFound."""
    page = _copies_of_book.page(query.page, book_id=query.book)
    if not page.results and not BookRow.objects.filter(id=query.book).exists():
        raise BookNotFound
    return page.mapped(lambda found: copy_views(found, circulation))


_copies_of_book = CompiledPages(
    lambda: CopyRow.objects.filter(book_id=Param(CopyRow, "book_id")), columns=COPY, order=("barcode", "id")
)
