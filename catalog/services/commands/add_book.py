"""Add a Book to the catalogue."""

from dataclasses import dataclass
from uuid import uuid4

from catalog.domain.book import Book, DuplicateISBN
from catalog.domain.copy import Copy, ItemType
from catalog.domain.description import DESCRIPTION_REFUSALS, Description
from catalog.services.book_details import BookDetails
from catalog.services.commands.add_copy import DEFAULT_BRANCH, DEFAULT_ITEM_TYPE
from catalog.services.ports import CatalogWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class AddBook(Command[BookDetails]):
    """Add a Book and some copies of it, of the default item type and with generated barcodes."""

    refusals = (*DESCRIPTION_REFUSALS, DuplicateISBN)

    title: str
    authors: tuple[str, ...]
    isbn: str | None = None
    year: int | None = None
    language: str | None = None
    publisher: str | None = None
    subjects: tuple[str, ...] = ()
    copies: int = 0


def add_book(command: AddBook, work: CatalogWork, *, clock: Clock) -> BookDetails:
    """Add it. Refused with every value that is out of bounds, or with DuplicateISBN."""
    description = Description.parse(
        title=command.title,
        authors=command.authors,
        isbns=[command.isbn] if command.isbn else [],
        year=command.year,
        language=command.language,
        publisher=command.publisher,
        subjects=command.subjects,
    )
    book = Book.add(id=uuid4(), description=description, at=clock.now())
    bind_audit_subjects(book=book.id)
    work.books.add(book)
    for _ in range(command.copies):
        work.copies.add(
            Copy.add(
                id=uuid4(),
                book_id=book.id,
                item_type=ItemType(DEFAULT_ITEM_TYPE),
                branch=DEFAULT_BRANCH,
                at=clock.now(),
            )
        )
    return BookDetails.of_new(book, copies=command.copies)
