"""Correct the description of a Book."""

from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from msgspec import UNSET, UnsetType

from catalog.domain.book import BookNotFound, DuplicateISBN
from catalog.domain.description import DESCRIPTION_REFUSALS, Description
from catalog.services.availability import availability_of
from catalog.services.book_details import BookDetails
from catalog.services.ports import CatalogWork, CirculationFacts
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import PreconditionFailed
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseBook(Command[BookDetails]):
    """Change a Book's description. Unset values stay as they are; None means unknown.

    Another `isbn` takes the place of the Book's own and leaves its further ones; None drops them all.
    `version` is the expected version; None skips the check.
    """

    refusals = (BookNotFound, PreconditionFailed, *DESCRIPTION_REFUSALS, DuplicateISBN)

    book: UUID
    version: int | None = None
    title: str | UnsetType = UNSET
    authors: tuple[str, ...] | UnsetType = UNSET
    isbn: str | UnsetType | None = UNSET
    year: int | UnsetType | None = UNSET
    language: str | UnsetType | None = UNSET
    publisher: str | UnsetType | None = UNSET
    subjects: tuple[str, ...] | UnsetType = UNSET


def revise_book(
    command: ReviseBook, work: CatalogWork, *, clock: Clock, circulation: CirculationFacts
) -> BookDetails:
    """Revise it. Raises BookNotFound, PreconditionFailed, DuplicateISBN; refused with every wrong value."""
    bind_audit_subjects(book=command.book)
    book = work.books.get(command.book, lock=True)
    book.require_version(command.version)
    book.revise(_described(book.description, command), at=clock.now())
    return BookDetails.of(book, availability=availability_of(book.id, work, circulation))


def _described(old: Description, new: ReviseBook) -> Description:
    return Description.parse(
        title=_either(new.title, old.title.text),
        authors=_either(new.authors, old.authors),
        isbns=_isbns(old, new.isbn),
        year=_either(new.year, old.year),
        language=_either(new.language, old.language),
        publisher=_either(new.publisher, old.publisher),
        subjects=_either(new.subjects, old.subjects),
    )


def _isbns(old: Description, isbn: str | UnsetType | None) -> list[str]:
    if not isbn:  # UNSET is false, too
        return [each.digits for each in old.isbns] if isbn is UNSET else []
    return [isbn, *(each.digits for each in old.isbns[1:])]


def _either(new: T | UnsetType, old: T) -> T:
    return old if isinstance(new, UnsetType) else new
