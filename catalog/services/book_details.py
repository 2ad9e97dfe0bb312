"""A Book as commands and queries answer with it."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from catalog.domain.book import Book
from shared_kernel.services.bus import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability(Result):
    """What there is of a Book: copies not withdrawn, those of them in service, of these the free ones."""

    copies: int
    lendable: int
    available: int
    holds_waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookDetails(Result):
    """A Book, and what there is of it. `isbn` has 13 digits, `language` is a code of ISO 639."""

    id: UUID
    title: str
    authors: tuple[str, ...]
    isbn: str | None
    year: int | None
    language: str | None
    publisher: str | None
    subjects: tuple[str, ...]
    version: int
    availability: Availability

    @classmethod
    def of_new(cls, book: Book, *, copies: int) -> Self:
        """A Book that was added just now, with so many copies, all of them free."""
        return cls.of(
            book,
            availability=Availability(copies=copies, lendable=copies, available=copies, holds_waiting=0),
        )

    @classmethod
    def of(cls, book: Book, *, availability: Availability) -> Self:
        """The Book as it is in this unit of work."""
        description = book.description
        return cls(
            id=book.id,
            title=description.title.text,
            authors=description.authors,
            isbn=description.isbn,
            year=description.year,
            language=description.language,
            publisher=description.publisher,
            subjects=description.subjects,
            version=book.version,
            availability=availability,
        )
