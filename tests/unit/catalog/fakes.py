"""The catalogue's ports, held in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import UUID

from catalog.domain.barcode import Barcode
from catalog.domain.book import Book, BookNotFound, DuplicateISBN
from catalog.domain.copy import Copy, CopyNotFound, DuplicateBarcode
from catalog.services.imports.details import ImportDetails
from catalog.services.imports.job import Import, ImportNotFound
from catalog.services.imports.provenance import Source
from catalog.services.imports.report import ImportReport
from catalog.services.ports import ImportedBook
from shared_kernel.domain.errors import Refusal
from shared_kernel.services.bus import Repository

NOW = datetime(2024, 1, 15, 10, tzinfo=UTC)


class InUse(Refusal):
    code = "in_use"
    message = "Somebody has it."


class FixedClock:
    """Stands still."""

    def now(self) -> datetime:
        return NOW


@dataclass(eq=False)
class OneBranch:
    """Circulation with the branch MAIN alone, where nothing is lent or held but what `ties` names."""

    ties: dict[UUID, Literal["loans", "holds"]] = field(default_factory=dict)

    def copy_is_busy(self) -> Any:
        return None

    def states_of(self, copies: Collection[UUID]) -> Mapping[UUID, Literal["lent", "held"]]:
        return {}

    def holds_waiting_for_row(self) -> Any:
        return None

    def holds_waiting(self, books: Collection[UUID]) -> Mapping[UUID, int]:
        return {}

    def knows_branch(self, code: str) -> bool:
        return code == "MAIN"

    def may_withdraw(self, copy: UUID, book: UUID) -> Refusal | None:
        return next(iter(self.reasons_to_keep_book(book)), None)

    def reasons_to_keep_book(self, book: UUID) -> Sequence[Refusal]:
        return [InUse() for _ in self.circulated([book])]

    def circulated(self, books: Collection[UUID]) -> Mapping[UUID, Literal["loans", "holds"]]:
        return {book: tie for book, tie in self.ties.items() if book in books}


@dataclass
class Books:
    all: dict[UUID, Book] = field(default_factory=dict)
    new: list[Book] = field(default_factory=list)

    def add(self, aggregate: Book) -> None:
        self.new.append(aggregate)

    def get(self, id: UUID, *, lock: bool = False) -> Book:
        if id not in self.all:
            raise BookNotFound
        return self.all[id]

    def remove(self, aggregate: Book) -> None:
        del self.all[aggregate.id]

    def with_ids(self, ids: Collection[UUID], *, lock: bool = False) -> list[Book]:
        return [book for book in self.all.values() if book.id in ids]

    def by_isbn(self, isbns: Collection[str]) -> dict[str, Book]:
        stored = {isbn.digits: book for book in self.all.values() for isbn in book.description.isbns}
        return {isbn: book for isbn, book in stored.items() if isbn in isbns}

    def with_fingerprints(self, fingerprints: Collection[str]) -> list[Book]:
        return [book for book in self.all.values() if book.description.fingerprint in fingerprints]

    def commit(self) -> None:
        for book in self.new:
            if self.by_isbn([isbn.digits for isbn in book.description.isbns]):
                raise DuplicateISBN
            self.all[book.id] = book
        self.new.clear()
        for book in self.all.values():
            book.pull_events()


@dataclass
class Copies:
    all: dict[str, Copy] = field(default_factory=dict)

    def add(self, aggregate: Copy) -> None:
        if aggregate.barcode.text in self.all:
            raise DuplicateBarcode
        self.all[aggregate.barcode.text] = aggregate

    def with_barcode(self, barcode: Barcode) -> Copy:
        if barcode.text not in self.all:
            raise CopyNotFound
        return self.all[barcode.text]

    def find(self, *, lock: bool = False, id: UUID) -> Copy | None:
        return next((copy for copy in self.all.values() if copy.id == id), None)

    def of_books(self, books: Collection[UUID]) -> dict[UUID, list[Copy]]:
        return {book: self.of_book(book) for book in books}

    def of_book(self, book: UUID) -> list[Copy]:
        return sorted((it for it in self.all.values() if it.book_id == book), key=lambda it: it.barcode.text)

    def remove(self, aggregate: Copy) -> None:
        del self.all[aggregate.barcode.text]


@dataclass
class Sources:
    all: list[Source] = field(default_factory=list)
    kept: list[Source] = field(default_factory=list)

    def with_keys(self, keys: Collection[str]) -> list[Source]:
        return [replace(source) for source in self.all if source.key in keys]

    def of_import(self, import_id: UUID, books: Collection[UUID]) -> list[Source]:
        return [it for it in self.all if it.last_import == import_id and it.book_id in books]

    def keep(self, source: Source) -> None:
        self.kept.append(source)

    def commit(self) -> None:
        for source in self.kept:
            if source.id is None:
                source.id = len(self.all)
                self.all.append(source)
            else:
                self.all[source.id] = source
        self.kept.clear()


@dataclass
class Imports:
    all: dict[UUID, Import] = field(default_factory=dict)
    contents: dict[UUID, bytes] = field(default_factory=dict)
    reports: list[ImportReport] = field(default_factory=list)
    originals: dict[int, bytes] = field(default_factory=dict)
    made: dict[UUID, ImportedBook] = field(default_factory=dict)
    kept: dict[UUID, str] = field(default_factory=dict)

    def add(self, new: Import, content: bytes) -> None:
        self.all[new.id] = new
        self.contents[new.id] = content

    def get(self, id: UUID, *, lock: bool = False) -> Import:
        if id not in self.all:
            raise ImportNotFound
        return self.all[id]

    def next_waiting(self, claim: UUID, *, at: datetime, id: UUID | None = None) -> Import | None:
        for each in self.all.values():
            left = each.claimed_until is None or each.claimed_until < at or each.claim == claim
            if each.state in {"queued", "running", "reverting"} and left and id in {None, each.id}:
                return each
        return None

    def drop_content(self, id: UUID) -> None:
        del self.contents[id]

    def add_remarks(self, id: UUID, report: ImportReport) -> None:
        self.reports.append(report)

    def keep_originals(self, id: UUID, originals: Mapping[int, bytes]) -> None:
        self.originals |= originals

    def add_books(
        self, id: UUID, *, created: Collection[tuple[Book, Copy]], revised: Collection[Book]
    ) -> None:
        for book, copy in created:
            self.made[book.id] = ImportedBook(book_id=book.id, copy_id=copy.id, version=book.version)
        for book in revised:
            if book.id in self.made:
                self.made[book.id] = replace(self.made[book.id], version=book.version)

    def unsettled_books(self, id: UUID, *, at_most: int) -> list[ImportedBook]:
        return [made for made in self.made.values() if made.book_id not in self.kept][:at_most]

    def settle(self, id: UUID, *, removed: Collection[UUID], kept: Mapping[UUID, str]) -> None:
        self.kept |= kept
        for book in removed:
            del self.made[book]

    def prune_rejected(self, *, finished_before: datetime) -> int:
        finished = [it for it in self.all.values() if it.finished_at and it.finished_at < finished_before]
        return len(finished)

    def details_of(self, shown: Import) -> ImportDetails:
        return ImportDetails.with_records(shown, rejected=(), remarks=(), kept=())

    def flush(self) -> None:
        pass


@dataclass
class BorrowingCounts:
    counts: dict[tuple[UUID, date], int] = field(default_factory=dict)
    recomputed_since: date | None = None

    def add_one(self, book: UUID, month: date) -> None:
        self.counts[book, month] = self.counts.get((book, month), 0) + 1

    def recompute_popularity(self, *, since: date, at_most: int) -> int:
        self.recomputed_since = since
        return min(at_most, len(self.counts))


@dataclass
class SearchIndex:
    """Knows nothing."""

    def rebuild(self, *, after: UUID | None, at_most: int) -> UUID | None:
        return None


@dataclass
class FakeWork:
    """The catalogue's unit of work; `commit` does what the end of a transaction does."""

    books: Books = field(default_factory=Books)
    copies: Copies = field(default_factory=Copies)
    sources: Sources = field(default_factory=Sources)
    imports: Imports = field(default_factory=Imports)
    borrowings: BorrowingCounts = field(default_factory=BorrowingCounts)
    search_index: SearchIndex = field(default_factory=SearchIndex)

    @property
    def repositories(self) -> Sequence[Repository]:
        return ()

    def commit(self) -> None:
        self.books.commit()
        self.sources.commit()
