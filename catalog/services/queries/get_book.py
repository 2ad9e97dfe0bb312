"""Get one Book."""

from dataclasses import dataclass
from uuid import UUID

from catalog.domain.book import BookNotFound
from catalog.services.book_details import BookDetails
from catalog.services.ports import CirculationFacts
from catalog.services.read_models import book_details, book_rows
from shared_kernel.services.bus import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class GetBook(Query[BookDetails]):
    """One Book, with what there is of it."""

    refusals = (BookNotFound,)

    book: UUID


def get_book(query: GetBook, *, circulation: CirculationFacts) -> BookDetails:
    """The Book as it is now. Raises BookNotFound."""
    found = book_details(book_rows([query.book], circulation))
    if not found:
        raise BookNotFound
    return found[0]
