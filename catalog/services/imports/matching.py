"""Which Book a record of a file is: the one place that knows what makes two records the same.

By its key from an earlier import, else by any of its ISBNs, else by title, authors, year and publisher.
Two records of one file become one Book by their ISBN alone: files hold many a “Collected works” without one.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

from catalog.domain.book import Book
from catalog.domain.description import Description
from catalog.services.imports.provenance import Source, digest_of, key_of
from catalog.services.imports.records import SourceRecord
from catalog.services.ports import CatalogWork


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedRecord:
    """A record as the domain reads it, and the hashes by which it is found again."""

    record: SourceRecord
    description: Description
    key: str
    digest: str
    fingerprint: str

    @classmethod
    def of(cls, record: SourceRecord, description: Description) -> Self:
        """The record with its hashes."""
        fingerprint = description.fingerprint
        return cls(
            record=record,
            description=description,
            key=key_of(record, fingerprint),
            digest=digest_of(record),
            fingerprint=fingerprint,
        )


class BookMatcher:
    """What is known of the Books that the records of one import may be. It learns as records are imported."""

    def __init__(self, *, work: CatalogWork, import_id: UUID) -> None:
        self.import_id = import_id
        self._work = work
        self._books: dict[UUID, Book] = {}
        self._by_isbn: dict[str, Book] = {}
        self._by_fingerprint: dict[str, list[Book]] = defaultdict(list)
        self._sources: dict[str, list[Source]] = defaultdict(list)
        self._taken: dict[UUID, int] = {}

    def look_up(self, readings: Collection[ParsedRecord]) -> None:
        """Read all that storage knows of these records' Books, in a fixed number of queries."""
        for source in self._work.sources.with_keys({each.key for each in readings} - self._sources.keys()):
            self._sources[source.key].append(source)
        isbns = {isbn.digits for each in readings for isbn in each.description.isbns}
        for isbn, book in self._work.books.by_isbn(isbns - self._by_isbn.keys()).items():
            self._by_isbn[isbn] = self._books.setdefault(book.id, book)
        fingerprints = {each.fingerprint for each in readings}
        alike = self._work.books.with_fingerprints(fingerprints - self._by_fingerprint.keys())
        for book in alike:
            known = self._books.setdefault(book.id, book)
            self._by_fingerprint[known.description.fingerprint].append(known)
        self._load({source.book_id for each in readings for source in self._sources[each.key]})
        for source in self._work.sources.of_import(self.import_id, {book.id for book in alike}):
            self._taken.setdefault(source.book_id, source.number)

    def _load(self, ids: set[UUID]) -> None:
        for book in self._work.books.with_ids(ids - self._books.keys()):
            self._books[book.id] = book

    def source_of(self, reading: ParsedRecord) -> Source | None:
        """The record of an earlier import that matches this one, preferably one with equal contents."""
        number = reading.record.number
        free = [
            it for it in self._sources[reading.key] if it.last_import != self.import_id or it.number == number
        ]
        return next((it for it in free if it.digest == reading.digest), free[0] if free else None)

    def book_of(self, reading: ParsedRecord, source: Source | None) -> Book | None:
        """The Book that the record is, if there is one."""
        if source:
            return self._books[source.book_id]
        for isbn in reading.description.isbns:
            if isbn.digits in self._by_isbn:
                return self._by_isbn[isbn.digits]
        number = reading.record.number
        alike = self._by_fingerprint[reading.fingerprint]
        return next((book for book in alike if self._taken.get(book.id, number) == number), None)

    def without_isbns_of_others(self, description: Description, book: Book) -> Description:
        """The description with those ISBNs alone that no other Book has."""
        own = tuple(isbn for isbn in description.isbns if self._by_isbn.get(isbn.digits, book) is book)
        return replace(description, isbns=own)

    def keep(self, source: Source, reading: ParsedRecord, book: Book | None = None) -> None:
        """Note that the record was this one, and what its Book says now."""
        if not any(known is source for known in self._sources[source.key]):
            self._sources[source.key].append(source)
        source.digest = reading.digest
        source.last_import, source.number = self.import_id, reading.record.number
        self._work.sources.keep(source)
        self._taken.setdefault(source.book_id, reading.record.number)
        if book is not None:
            self._books[book.id] = book
            self._by_isbn |= {isbn.digits: book for isbn in book.description.isbns}
            self._by_fingerprint[book.description.fingerprint].append(book)
