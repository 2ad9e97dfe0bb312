"""The Book: a bibliographic record. It knows nothing about availability."""

from dataclasses import fields
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from catalog.domain.book_events import BookAdded, BookRemoved, BookRevised
from catalog.domain.description import Description
from shared_kernel.domain.aggregates import Aggregate
from shared_kernel.domain.errors import NotFound, Refusal


class BookNotFound(NotFound):
    message = "No book has this id."


class DuplicateISBN(Refusal):
    code = "duplicate_isbn"
    message = "Another book has this ISBN."
    pointer = "/isbn"


class BookHasCopies(Refusal):
    code = "has_copies"
    message = "The book has {count} copies that are not withdrawn. Withdraw them first."


class Book(Aggregate):
    """A bibliographic record, whatever copies of it there are."""

    def __init__(self, *, id: UUID, version: int = 0, description: Description, added_at: datetime) -> None:
        super().__init__(id=id, version=version)
        self.description = description
        self.added_at = added_at

    @classmethod
    def add(cls, *, id: UUID, description: Description, at: datetime) -> Self:
        """A new Book. `at` is an aware UTC instant."""
        book = cls(id=id, description=description, added_at=at)
        book._record(BookAdded(aggregate_id=id, occurred_at=at, **_event_values(description)))
        return book

    def revise(self, description: Description, *, at: datetime) -> bool:
        """Replace the description; whether that changed anything."""
        changed = _changed_fields(self.description, description)
        if changed:
            self.description = description
            facts = _event_values(description)
            self._record(BookRevised(aggregate_id=self.id, occurred_at=at, changed=changed, **facts))
        return bool(changed)

    def remove(self, *, at: datetime) -> None:
        """Remove the Book. The caller checks that no copies, loans or holds are left."""
        self._record(BookRemoved(aggregate_id=self.id, occurred_at=at, title=self.description.title.text))


def _changed_fields(old: Description, new: Description) -> tuple[str, ...]:
    return tuple(
        each.name for each in fields(Description) if getattr(old, each.name) != getattr(new, each.name)
    )


def _event_values(description: Description) -> dict[str, Any]:  # the values that both events contain
    return {
        "title": description.title.text,
        "isbn": description.isbn,
        "year": description.year,
        "language": description.language,
        "publisher": description.publisher,
    }
