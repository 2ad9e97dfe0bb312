"""What the catalogue's commands and queries need of the world."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from catalog.domain.barcode import Barcode
from catalog.domain.book import Book
from catalog.domain.copy import Copy
from catalog.domain.import_states import FileFormat
from catalog.services.imports.details import ImportDetails
from catalog.services.imports.job import Import, RecognisedFile
from catalog.services.imports.provenance import Source
from catalog.services.imports.records import Readable, Record
from catalog.services.imports.report import ImportReport
from shared_kernel.domain.errors import Refusal
from shared_kernel.services.bus import Repository


class Books(Protocol):
    """The Books, for the span of one unit of work."""

    def add(self, book: Book, /) -> None:
        """Take a new Book in. Raises DuplicateISBN, at the end, when another one has an ISBN of it."""
        ...

    def get(self, id: UUID, *, lock: bool = False) -> Book:
        """The Book with this id. Raises BookNotFound."""
        ...

    def remove(self, book: Book, /) -> None:
        """Let a Book go, after its Copies; its last event says so."""
        ...

    def with_ids(self, ids: Collection[UUID], *, lock: bool = False) -> list[Book]:
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

    def add(self, copy: Copy, /) -> None:
        """Take a new Copy in. Raises DuplicateBarcode, at the end, when another one has its barcode."""
        ...

    def with_barcode(self, barcode: Barcode) -> Copy:
        """The Copy under this barcode, locked. Raises CopyNotFound."""
        ...

    def find(self, *, lock: bool = False, id: UUID) -> Copy | None:
        """The Copy with this id, if there is one."""
        ...

    def of_book(self, book: UUID) -> list[Copy]:
        """All Copies of a Book that is locked, in the order of their barcodes."""
        ...

    def of_books(self, books: Collection[UUID]) -> dict[UUID, list[Copy]]:
        """The same of several Books, by Book."""
        ...

    def remove(self, copy: Copy, /) -> None:
        """Let a Copy go; its last event says so."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedBook:
    """A Book that an import made, with its Copy, and the Book's version as the import left it."""

    book_id: UUID
    copy_id: UUID
    version: int


class Imports(Protocol):
    """The imports: files taken in, and what became of their records."""

    def add(self, new: Import, content: bytes) -> None:
        """Take a new one in, with its file, if that is kept."""
        ...

    def get(self, id: UUID, *, lock: bool = False) -> Import:
        """The import with this id. Raises ImportNotFound."""
        ...

    def next_waiting(self, claim: UUID, *, at: datetime, id: UUID | None = None) -> Import | None:
        """The oldest (or this one) that waits, has this claim or was left by its worker; locked."""
        ...

    def drop_content(self, id: UUID) -> None:
        """Keep its file no longer."""
        ...

    def add_remarks(self, id: UUID, report: ImportReport) -> None:
        """Keep which records were rejected, and what is to be remarked of others."""
        ...

    def keep_originals(self, id: UUID, originals: Mapping[int, bytes]) -> None:
        """Keep rejected records as they stand in the file, by their numbers."""
        ...

    def add_books(
        self, id: UUID, *, created: Collection[tuple[Book, Copy]], revised: Collection[Book]
    ) -> None:
        """Keep which Books it made, and that it has changed some of them again."""
        ...

    def unsettled_books(self, id: UUID, *, at_most: int) -> list[ImportedBook]:
        """Books that it made, so many of those that no revert has dealt with yet."""
        ...

    def settle(self, id: UUID, *, removed: Collection[UUID], kept: Mapping[UUID, str]) -> None:
        """Keep which of those Books a revert has removed, and why others stay."""
        ...

    def prune_rejected(self, *, finished_before: datetime) -> int:
        """Delete the rejected records of imports that finished before this instant; how many."""
        ...

    def details_of(self, shown: Import) -> ImportDetails:
        """The import as it is now, with its records."""
        ...

    def flush(self) -> None:
        """Write what changed."""
        ...


class FileReader(Protocol):
    """Knows what files of records look like."""

    def recognise(self, content: bytes, *, name: str, encoding: str | None) -> RecognisedFile:
        """What the file is. Raises FileUnreadable and UnknownEncoding."""
        ...

    def read(self, stream: Readable, *, format: FileFormat, encoding: str | None) -> Iterator[Record]:
        """The records of the file, in order. Raises FileUnreadable."""
        ...


class Uploads(Protocol):
    """The files that were uploaded to be imported."""

    def open(self, import_id: UUID) -> Readable:
        """The file of this import, from its beginning."""
        ...


class BorrowingCounts(Protocol):
    """How often each Book was borrowed in each month."""

    def add_one(self, book: UUID, month: date) -> None:
        """Count one borrowing more in the month that begins on this day."""
        ...

    def recompute_popularity(self, *, since: date, at_most: int) -> int:
        """Reckon popularity from the months since then, going through so many counts; how many there were."""
        ...


class SearchIndex(Protocol):
    """The search index. It follows from the Books and can be rebuilt."""

    def rebuild(self, *, after: UUID | None, at_most: int) -> UUID | None:
        """Index so many Books behind this id anew; the last one's id, None if there was none."""
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
    def imports(self) -> Imports:
        """The imports."""
        ...

    @property
    def borrowings(self) -> BorrowingCounts:
        """The borrowings of each month."""
        ...

    @property
    def search_index(self) -> SearchIndex:
        """The words by which Books are found."""
        ...

    @property
    def repositories(self) -> Sequence[Repository]:
        """All that is written at the end, in order."""
        ...


class CirculationFacts(Protocol):
    """What the catalogue needs to know of circulation, in its own words."""

    def __hash__(self) -> int:
        """Statements are compiled once for each implementation."""
        ...

    def copy_is_busy(self) -> Any:  # a condition of the ORM, which a port doesn't import
        """That a Copy is lent or held, for the filter of a query over Copies."""
        ...

    def states_of(self, copies: Collection[UUID]) -> Mapping[UUID, Literal["lent", "held"]]:
        """Which of these Copies are lent, and which are held. The others are left out. One SQL query."""
        ...

    def holds_waiting_for_row(self) -> Any:  # an expression of the ORM, likewise
        """How many holds wait for the Book of a query's row; NULL for none."""
        ...

    def holds_waiting(self, books: Collection[UUID]) -> Mapping[UUID, int]:
        """How many holds wait for each of these Books. Books without any are left out. One SQL query."""
        ...

    def knows_branch(self, code: str) -> bool:
        """Whether there is a branch with this code."""
        ...

    def may_withdraw(self, copy: UUID, book: UUID) -> Refusal | None:
        """Why this Copy can't be withdrawn now, if it can't; until the end nobody gets it any more."""
        ...

    def reasons_to_keep_book(self, book: UUID) -> Sequence[Refusal]:
        """Why this Book can't be removed now; until the end nobody begins to wait for it."""
        ...

    def circulated(self, books: Collection[UUID]) -> Mapping[UUID, Literal["loans", "holds"]]:
        """Which of these Books were ever lent or are waited for; until the end this stays so."""
        ...
