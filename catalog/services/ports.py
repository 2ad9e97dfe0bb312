"""What the catalogue's commands and queries need of the world."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Literal, Protocol
from uuid import UUID

from catalog.domain.book import Book
from catalog.domain.copy import Copy
from catalog.services.provenance import Source
from shared_kernel.services.bus import Storage


class Books(Protocol):
    """The Books, for the span of one unit of work."""

    def add(self, book: Book) -> None:
        """Take a new Book in. Raises DuplicateISBN, at the end, when another one has an ISBN of it."""
        ...

    def get(self, id: UUID, *, lock: bool = False) -> Book:
        """The Book with this id. Raises BookNotFound."""
        ...

    def with_ids(self, ids: Collection[UUID]) -> list[Book]:
        """The stored Books with these ids."""
        ...

    def by_isbn(self, isbns: Collection[str]) -> dict[str, Book]:
        """The stored Books that have these ISBNs, as their own or as further ones."""
        ...

    def with_fingerprints(self, fingerprints: Collection[str]) -> list[Book]:
        """The stored Books with these fingerprints, in a fixed order."""
        ...


class Copies(Protocol):
    """The Copies, for the span of one unit of work."""

    def add(self, copy: Copy) -> None:
        """Take a new Copy in. Raises DuplicateBarcode, at the end, when another one has its barcode."""
        ...


class Sources(Protocol):
    """Which record of an imported file became which Book."""

    def with_keys(self, keys: Collection[str]) -> list[Source]:
        """The stored ones under these keys, the oldest first."""
        ...

    def of_import(self, import_id: UUID, books: Collection[UUID]) -> list[Source]:
        """The stored ones that this import has made or seen, of these Books."""
        ...

    def keep(self, source: Source) -> None:
        """Store a new one or a changed one with the unit of work."""
        ...


class BorrowingCounts(Protocol):
    """How often each Book was borrowed in each month."""

    def add_one(self, book: UUID, month: date) -> None:
        """Count one borrowing more in the month that begins on this day."""
        ...


class CatalogWork(Protocol):
    """The catalogue's unit of work."""

    @property
    def books(self) -> Books:
        """The Books."""
        ...

    @property
    def copies(self) -> Copies:
        """The Copies."""
        ...

    @property
    def sources(self) -> Sources:
        """The records that earlier imports have seen."""
        ...

    @property
    def borrowings(self) -> BorrowingCounts:
        """The borrowings of each month."""
        ...

    @property
    def storages(self) -> Sequence[Storage]:
        """All that is written at the end, in order."""
        ...


class CirculationFacts(Protocol):
    """What the catalogue needs to know of circulation, in its own words."""

    def busy_copies(self) -> Iterable[UUID]:
        """Ids of the Copies that are lent or held, never null: lazy, to be used within a query's `id__in`."""
        ...

    def states_of(self, copies: Collection[UUID]) -> Mapping[UUID, Literal["lent", "held"]]:
        """Which of these Copies are lent, and which are held. The others are left out. One SQL query."""
        ...

    def holds_waiting(self, books: Collection[UUID]) -> Mapping[UUID, int]:
        """How many holds wait for each of these Books. Books without any are left out. One SQL query."""
        ...

    def knows_branch(self, code: str) -> bool:
        """Whether there is a branch with this code."""
        ...
