"""List the Copies of a Book."""

from dataclasses import dataclass
from uuid import UUID

from catalog.domain.book import BookNotFound
from catalog.models import BookRow, CopyRow
from catalog.services.copy_details import CopyDetails
from catalog.services.ports import CirculationFacts
from catalog.services.read_models import COPY, copy_details
from shared_kernel.services.bus import Query
from shared_kernel.services.pagination import CompiledPages, Page, PageRequest
from shared_kernel.sql.queries import Param


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCopies(Query[Page[CopyDetails]]):
    """The Copies of a Book by barcode, the withdrawn ones included."""

    refusals = (BookNotFound,)

    book: UUID
    page: PageRequest


def list_copies(query: ListCopies, *, circulation: CirculationFacts) -> Page[CopyDetails]:
    """One page. Raises BookNotFound."""
    page = _copies_of_book.page(query.page, book_id=query.book)
    if not page.results and not BookRow.objects.filter(id=query.book).exists():
        raise BookNotFound
    return page.mapped(lambda found: copy_details(found, circulation))


_copies_of_book = CompiledPages(
    lambda: CopyRow.objects.filter(book_id=Param(CopyRow, "book_id")), columns=COPY, order=("barcode", "id")
)
