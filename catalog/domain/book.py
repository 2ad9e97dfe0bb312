"""The Book: a bibliographic record. It knows nothing about availability."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from catalog.domain.description import Description
from shared_kernel.domain.aggregates import Aggregate
from shared_kernel.domain.errors import NotFound, Refusal
from shared_kernel.domain.events import DomainEvent


class BookNotFound(NotFound):
    message = "No book has this id."


class DuplicateISBN(Refusal):
    code = "duplicate_isbn"
    message = "Another book has this ISBN."
    pointer = "/isbn"


class BookHasCopies(Refusal):
    code = "has_copies"
    message = "The book has {count} copies that are not withdrawn. Withdraw them first."


@dataclass(frozen=True, slots=True, kw_only=True)
class BookAdded(DomainEvent):
    """A Book is in the catalogue. Authors are not told: no event carries a person's name."""

    type: ClassVar[str] = "catalog.book_added.v1"

    title: str
    isbn: str | None
    year: int | None
    language: str | None
    publisher: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRevised(DomainEvent):
    """A Book's record says something else now; `changed` names the values that differ."""

    type: ClassVar[str] = "catalog.book_revised.v1"

    title: str
    isbn: str | None
    year: int | None
    language: str | None
    publisher: str | None
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRemoved(DomainEvent):
    """A Book has left the catalogue, and with it what was left of its Copies."""

    type: ClassVar[str] = "catalog.book_removed.v1"

    title: str


class Book(Aggregate):
    """A bibliographic record: what somebody wrote, whichever copies of it there are."""

    def __init__(self, *, id: UUID, version: int = 0, description: Description, added_at: datetime) -> None:
        super().__init__(id=id, version=version)
        self.description = description
        self.added_at = added_at

    @classmethod
    def add(cls, *, id: UUID, description: Description, at: datetime) -> Self:
        """A new Book, described so, at an aware UTC instant."""
        book = cls(id=id, description=description, added_at=at)
        book._record(BookAdded(aggregate_id=id, occurred_at=at, **_facts(description)))
        return book

    def revise(self, description: Description, *, at: datetime) -> bool:
        """Describe the Book anew, and tell whether that changed anything."""
        changed = _differences(self.description, description)
        if changed:
            self.description = description
            facts = _facts(description)
            self._record(BookRevised(aggregate_id=self.id, occurred_at=at, changed=changed, **facts))
        return bool(changed)

    def remove(self, *, at: datetime) -> None:
        """Let the Book go. That nothing is left of it is for the asker to see to."""
        self._record(BookRemoved(aggregate_id=self.id, occurred_at=at, title=self.description.title.text))


def _differences(old: Description, new: Description) -> tuple[str, ...]:
    return tuple(
        each.name for each in fields(Description) if getattr(old, each.name) != getattr(new, each.name)
    )


def _facts(description: Description) -> dict[str, Any]:  # the values that both events tell
    return {
        "title": description.title.text,
        "isbn": description.isbn,
        "year": description.year,
        "language": description.language,
        "publisher": description.publisher,
    }
