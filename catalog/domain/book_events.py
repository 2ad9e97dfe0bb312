"""The events of a Book."""

from dataclasses import dataclass
from typing import ClassVar

from shared_kernel.domain.events import DomainEvent


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
