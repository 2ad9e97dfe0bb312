"""Records of another institution's file become Books."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final, Literal
from uuid import UUID, uuid4

from catalog.domain.book import Book
from catalog.domain.copy import Copy, ItemType
from catalog.domain.description import MOST_AUTHORS, MOST_SUBJECTS, Description
from catalog.services.commands.add_copy import DEFAULT_BRANCH, DEFAULT_ITEM_TYPE
from catalog.services.imports.matching import BookMatcher, ParsedRecord
from catalog.services.imports.provenance import Source
from catalog.services.imports.records import SourceRecord
from catalog.services.imports.report import ImportReport, Rejection
from catalog.services.ports import CatalogWork
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import Refused
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects

Outcome = Literal["created", "updated", "unchanged"]
#: At most so many rejected records of a file are stored. With more of them, correct the file itself.
MOST_ORIGINALS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecords(Command[ImportReport]):
    """Import some records of a file, those up to number `through`, in one transaction.

    `rejected` are those of them that couldn't even be read. `originals` are records as they stand in the
    file, by their numbers. `claim` shows that nobody else is at it.
    """

    audited: ClassVar[bool] = False

    import_id: UUID
    claim: UUID
    records: tuple[SourceRecord, ...]
    rejected: tuple[Rejection, ...] = ()
    originals: Mapping[int, bytes] = field(default_factory=dict)
    through: int


def import_records(command: ImportRecords, work: CatalogWork, *, clock: Clock) -> ImportReport:
    """Import each record that can be a Book, with a copy of it where it is new; report the others.

    Raises ImportOvertaken, and DuplicateISBN where somebody else adds such a Book at the same moment.
    """
    bind_audit_subjects(**{"import": command.import_id})
    current = work.imports.get(command.import_id, lock=True)
    current.require_claim(command.claim, at=clock.now())
    if command.through <= current.handled:
        return ImportReport()
    matching = BookMatcher(work=work, import_id=command.import_id)
    chunk = import_chunk(command.records, matching, work, at=clock.now())
    report = ImportReport(rejected=command.rejected) + chunk.report
    numbers = [it.number for it in report.rejected][: max(0, MOST_ORIGINALS - current.rejected)]
    current.record_progress(report, through=command.through)
    work.imports.add_remarks(command.import_id, report)
    work.imports.keep_originals(
        command.import_id, {each: command.originals[each] for each in numbers if each in command.originals}
    )
    work.imports.add_books(command.import_id, created=chunk.created, revised=chunk.revised)
    return report


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some records imported: what became of them, and which Books they made and changed."""

    report: ImportReport
    created: list[tuple[Book, Copy]] = field(default_factory=list)
    revised: list[Book] = field(default_factory=list)


def import_chunk(
    records: Iterable[SourceRecord], matching: BookMatcher, work: CatalogWork, *, at: datetime
) -> Chunk:
    """Import the records, finding each one's Book by the matching, which then knows what became of them."""
    readings, rejected = _read(records)
    matching.look_up(readings)
    counts: dict[Outcome, int] = {"created": 0, "updated": 0, "unchanged": 0}
    chunk = Chunk(report=ImportReport())
    for reading in readings:
        counts[_import(reading, matching, work, chunk, at)] += 1
    remarks = [
        Rejection(number=it.record.number, reason=text) for it in readings for text in it.record.remarks
    ]
    report = ImportReport(
        **counts, copies=len(chunk.created), rejected=tuple(rejected), remarks=tuple(remarks)
    )
    return Chunk(report=report, created=chunk.created, revised=chunk.revised)


def _read(records: Iterable[SourceRecord]) -> tuple[list[ParsedRecord], list[Rejection]]:
    readings: list[ParsedRecord] = []
    rejected: list[Rejection] = []
    for record in records:
        try:
            readings.append(ParsedRecord.of(record, _description(record)))
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


def _import(
    reading: ParsedRecord, matching: BookMatcher, work: CatalogWork, chunk: Chunk, at: datetime
) -> Outcome:
    source = matching.source_of(reading)
    if source and source.digest == reading.digest:
        matching.keep(source, reading)
        return "unchanged"
    book = matching.book_of(reading, source)
    if book is None:
        book = _add(reading, work, chunk, at)
        outcome: Outcome = "created"
    else:
        outcome = "updated" if _revise(book, reading, matching, chunk, at) else "unchanged"
    matching.keep(source or _new_source(reading, book, matching.import_id), reading, book)
    return outcome


def _revise(book: Book, reading: ParsedRecord, matching: BookMatcher, chunk: Chunk, at: datetime) -> bool:
    newer = matching.without_isbns_of_others(reading.description, book)
    if not book.revise(book.description.overlaid_by(newer), at=at):
        return False
    chunk.revised.append(book)
    return True


def _add(reading: ParsedRecord, work: CatalogWork, chunk: Chunk, at: datetime) -> Book:
    book = Book.add(id=uuid4(), description=reading.description, at=at)
    copy = Copy.add(
        id=uuid4(), book_id=book.id, item_type=ItemType(DEFAULT_ITEM_TYPE), branch=DEFAULT_BRANCH, at=at
    )
    work.books.add(book)
    work.copies.add(copy)
    chunk.created.append((book, copy))
    return book


def _new_source(reading: ParsedRecord, book: Book, import_id: UUID) -> Source:
    return Source(
        book_id=book.id,
        key=reading.key,
        digest=reading.digest,
        last_import=import_id,
        number=reading.record.number,
    )
