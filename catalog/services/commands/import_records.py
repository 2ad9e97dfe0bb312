"""Records of another institution's file become Books."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from catalog.domain.book import Book
from catalog.domain.copy import Copy, ItemType
from catalog.domain.description import MOST_AUTHORS, MOST_SUBJECTS, Description
from catalog.services.answers import ImportReport, Rejection
from catalog.services.commands.add_copy import DEFAULT_BRANCH, DEFAULT_ITEM_TYPE
from catalog.services.matching import Matching, Reading
from catalog.services.ports import CatalogWork
from catalog.services.provenance import Source
from catalog.services.records import SourceRecord
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import Refused
from shared_kernel.services.bus import Command
from shared_kernel.services.origin import concerning

Outcome = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecords(Command[ImportReport]):
    """Import some records of one file, in one transaction; `import_id` is the same for all of the file."""

    import_id: UUID
    records: tuple[SourceRecord, ...]


def import_records(command: ImportRecords, work: CatalogWork, *, clock: Clock) -> ImportReport:
    """Import each record that can be a Book, with a copy of it where it is new; report the others.

    Raises DuplicateISBN where somebody else adds such a Book at the same moment.
    """
    concerning(**{"import": command.import_id})
    matching = Matching(work=work, import_id=command.import_id)
    return import_chunk(command.records, matching, work, at=clock.now())


def import_chunk(
    records: Iterable[SourceRecord], matching: Matching, work: CatalogWork, *, at: datetime
) -> ImportReport:
    """Import the records, finding each one's Book by the matching, which then knows what became of them."""
    readings, rejected = _read(records)
    matching.look_up(readings)
    counts: dict[Outcome, int] = {"created": 0, "updated": 0, "unchanged": 0}
    for reading in readings:
        counts[_import(reading, matching, work, at)] += 1
    return ImportReport(**counts, copies=counts["created"], rejected=tuple(rejected))


def _read(records: Iterable[SourceRecord]) -> tuple[list[Reading], list[Rejection]]:
    readings: list[Reading] = []
    rejected: list[Rejection] = []
    for record in records:
        try:
            readings.append(Reading.of(record, _description(record)))
        except Refused as refused:
            rejected.append(Rejection(number=record.number, reason=str(refused)))
    return readings, rejected


def _description(record: SourceRecord) -> Description:
    return Description.parse(
        title=record.title,
        authors=record.authors[:MOST_AUTHORS],
        isbns=record.isbns,
        year=record.year,
        language=record.language,
        publisher=record.publisher,
        subjects=record.subjects[:MOST_SUBJECTS],
    )


def _import(reading: Reading, matching: Matching, work: CatalogWork, at: datetime) -> Outcome:
    source = matching.source_of(reading)
    if source and source.digest == reading.digest:
        matching.keep(source, reading)
        return "unchanged"
    book = matching.book_of(reading, source)
    if book is None:
        book = _add(reading, work, at)
        outcome: Outcome = "created"
    else:
        newer = matching.without_isbns_of_others(reading.description, book)
        outcome = "updated" if book.revise(book.description.overlaid_by(newer), at=at) else "unchanged"
    matching.keep(source or _new_source(reading, book, matching.import_id), reading, book)
    return outcome


def _add(reading: Reading, work: CatalogWork, at: datetime) -> Book:
    book = Book.add(id=uuid4(), description=reading.description, at=at)
    work.books.add(book)
    work.copies.add(
        Copy.add(
            id=uuid4(), book_id=book.id, item_type=ItemType(DEFAULT_ITEM_TYPE), branch=DEFAULT_BRANCH, at=at
        )
    )
    return book


def _new_source(reading: Reading, book: Book, import_id: UUID) -> Source:
    return Source(
        book_id=book.id,
        key=reading.key,
        digest=reading.digest,
        last_import=import_id,
        number=reading.record.number,
    )
