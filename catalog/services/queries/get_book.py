"""Get one Book."""

from dataclasses import dataclass
from uuid import UUID

from catalog.domain.book import BookNotFound
from catalog.services.book_details import BookView
from catalog.services.ports import CirculationFacts
from catalog.services.read_models import book_views, books_with_ids
from shared_kernel.services.bus import Query


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
