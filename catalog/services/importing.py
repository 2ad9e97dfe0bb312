"""Importing a whole file: chunk by chunk, so that nobody waits for it and a bad record costs only itself."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from uuid import UUID, uuid4

from catalog.services.answers import ImportReport, Rejection
from catalog.services.commands.import_records import ImportRecords, import_chunk
from catalog.services.matching import Matching
from catalog.services.ports import CatalogWork
from catalog.services.records import RejectedRecord, SourceRecord
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import Refused
from shared_kernel.services.bus import Query
from shared_kernel.services.commands import dispatch

Records = Iterable[SourceRecord | RejectedRecord]
_CHUNK = 100


def import_all(records: Records, *, import_id: UUID | None = None) -> ImportReport:
    """Import the records of one file, a transaction for every hundred, and tell what became of them.

    It can be interrupted, and repeated: what was imported is found again. With the same `import_id` it
    takes up where it was, with a new one it looks at the file anew.
    """
    import_id = import_id or uuid4()
    report = ImportReport()
    for good, rejected in _chunks(records):
        report += ImportReport(rejected=rejected) + _import(import_id, good)
    return report


def _import(import_id: UUID, records: tuple[SourceRecord, ...]) -> ImportReport:
    if not records:
        return ImportReport()
    try:
        return dispatch(ImportRecords(import_id=import_id, records=records))
    except Refused as refused:
        if len(records) == 1:
            return ImportReport(rejected=(Rejection(number=records[0].number, reason=str(refused)),))
    return sum((_import(import_id, (record,)) for record in records), ImportReport())


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewImport(Query[ImportReport]):
    """What importing these records would do."""

    records: Records


def preview_import(query: PreviewImport, *, work: CatalogWork, clock: Clock) -> ImportReport:
    """Import into a unit of work that is never written. It holds all of the file's new Books in memory."""
    matching = Matching(work=work, import_id=uuid4())
    report = ImportReport()
    for good, rejected in _chunks(query.records):
        report += ImportReport(rejected=rejected) + import_chunk(good, matching, work, at=clock.now())
    return report


def _chunks(records: Records) -> Iterator[tuple[tuple[SourceRecord, ...], tuple[Rejection, ...]]]:
    rest = iter(records)
    while chunk := list(islice(rest, _CHUNK)):
        yield (
            tuple(each for each in chunk if isinstance(each, SourceRecord)),
            tuple(
                Rejection(number=it.number, reason=it.reason)
                for it in chunk
                if isinstance(it, RejectedRecord)
            ),
        )
