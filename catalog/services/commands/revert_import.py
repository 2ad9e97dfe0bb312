"""Revert an import."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from catalog.domain.book import Book
from catalog.domain.copy import Copy
from catalog.domain.import_states import ImportState
from catalog.services.imports.details import ImportDetails
from catalog.services.imports.job import Import, ImportNotFinished, ImportNotFound
from catalog.services.ports import CatalogWork, CirculationFacts, ImportedBook
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects

_AT_ONCE = 100
_CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RevertImport(Command[ImportDetails]):
    """Remove the Books that an import created, except those that were lent, held or changed since."""

    refusals = (ImportNotFound, ImportNotFinished)

    import_id: UUID


def revert_import(
    command: RevertImport, work: CatalogWork, *, clock: Clock, circulation: CirculationFacts
) -> ImportDetails:
    """Remove the first hundred; a worker continues. It can be repeated. Raises ImportNotFinished."""
    bind_audit_subjects(**{"import": command.import_id})
    reverted = work.imports.get(command.import_id, lock=True)
    if reverted.state is not ImportState.REVERTING and reverted.begin_revert():
        _revert_some(reverted, work, circulation, at=clock.now())
    return work.imports.details_of(reverted)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinueRevert(Command[bool]):
    """Remove another batch; whether any are left."""

    audited: ClassVar[bool] = False

    import_id: UUID
    claim: UUID


def continue_revert(
    command: ContinueRevert, work: CatalogWork, *, clock: Clock, circulation: CirculationFacts
) -> bool:
    """Remove up to a hundred. Raises ImportOvertaken."""
    bind_audit_subjects(**{"import": command.import_id})
    reverted = work.imports.get(command.import_id, lock=True)
    reverted.require_claim(command.claim, at=clock.now())
    _revert_some(reverted, work, circulation, at=clock.now())
    return reverted.state is ImportState.REVERTING


def _revert_some(reverted: Import, work: CatalogWork, circulation: CirculationFacts, *, at: datetime) -> None:
    made = work.imports.unsettled_books(reverted.id, at_most=_AT_ONCE)
    books = {book.id: book for book in work.books.with_ids([it.book_id for it in made], lock=True)}
    copies = work.copies.of_books(list(books))
    ties = circulation.circulated(list(books))
    removed, kept = [], dict[UUID, str]()
    for it in made:
        book = books.get(it.book_id)
        reason = ties.get(it.book_id) or (_CHANGED if _has_changed(it, book, copies) else None)
        if book is not None and reason:
            kept[it.book_id] = reason
            continue
        if book is not None:
            _remove(book, copies[it.book_id], work, at=at)
        removed.append(it.book_id)
    work.imports.settle(reverted.id, removed=removed, kept=kept)
    reverted.reverted(removed=len(removed), kept=len(kept), all_of_it=len(made) < _AT_ONCE)


def _has_changed(made: ImportedBook, book: Book | None, copies: dict[UUID, list[Copy]]) -> bool:
    """Whether the Book isn't as the import left it, with the one Copy as it was made."""
    if book is None:
        return False
    as_made = [(copy.id, copy.version) for copy in copies[book.id]]
    return book.version != made.version or as_made != [(made.copy_id, 1)]


def _remove(book: Book, copies: list[Copy], work: CatalogWork, *, at: datetime) -> None:
    for copy in copies:
        copy.remove(at=at)
        work.copies.remove(copy)
    book.remove(at=at)
    work.books.remove(book)
