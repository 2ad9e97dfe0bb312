"""The events of a Book."""

from dataclasses import dataclass
from typing import ClassVar

from shared_kernel.domain.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class BookAdded(DomainEvent):
    """A Book was added. Authors are left out: no event contains a person's name."""

    type: ClassVar[str] = "catalog.book_added.v1"

    title: str
    isbn: str | None
    year: int | None
    language: str | None
    publisher: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRevised(DomainEvent):
    """A Book's description changed; `changed` has the names of the values that differ."""

    type: ClassVar[str] = "catalog.book_revised.v1"

    title: str
    isbn: str | None
    year: int | None
    language: str | None
    publisher: str | None
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRemoved(DomainEvent):
    """A Book was removed, together with its withdrawn Copies."""

    type: ClassVar[str] = "catalog.book_removed.v1"

    title: str
