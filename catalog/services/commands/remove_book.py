"""Remove a Book from the catalogue."""

from dataclasses import dataclass
from uuid import UUID

from catalog.domain.book import BookHasCopies, BookNotFound
from catalog.domain.copy import Condition
from catalog.services.ports import CatalogWork, CirculationFacts
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import PreconditionFailed, Refusal, Refused
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveBook(Command[None]):
    """Remove a Book and its withdrawn Copies. `version` is the expected version; None skips the check."""

    refusals = (BookNotFound, PreconditionFailed, BookHasCopies, "has_open_loans", "has_active_holds")

    book: UUID
    version: int | None = None


def remove_book(
    command: RemoveBook, work: CatalogWork, *, clock: Clock, circulation: CirculationFacts
) -> None:
    """Remove it. Raises BookNotFound, PreconditionFailed; refused while Copies, loans or holds are left."""
    bind_audit_subjects(book=command.book)
    book = work.books.get(command.book, lock=True)
    book.require_version(command.version)
    copies = work.copies.of_book(book.id)
    kept = [copy for copy in copies if copy.condition is not Condition.WITHDRAWN]
    refusals: list[Refusal] = [BookHasCopies(count=len(kept))] if kept else []
    refusals += circulation.reasons_to_keep_book(book.id)
    if refusals:
        raise Refused(*refusals)
    for copy in copies:
        copy.remove(at=clock.now())
        work.copies.remove(copy)
    book.remove(at=clock.now())
    work.books.remove(book)
