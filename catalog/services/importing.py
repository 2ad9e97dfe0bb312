"""Importing a whole file: chunk by chunk, so that nobody waits for it and a bad record costs only itself."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from uuid import UUID, uuid4

import structlog
from django.db import InterfaceError, OperationalError

from catalog.services.commands.import_records import ImportRecords, import_chunk
from catalog.services.import_reports import ImportReport, Rejection
from catalog.services.imports import ImportOvertaken
from catalog.services.matching import Matching
from catalog.services.ports import CatalogWork
from catalog.services.records import RejectedRecord, SourceRecord
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import Refused
from shared_kernel.services.bus import Query
from shared_kernel.services.commands import dispatch

Record = SourceRecord | RejectedRecord
Records = Iterable[Record]
_CHUNK = 100
_AWAY = (OperationalError, InterfaceError)

log = structlog.get_logger(__name__)


def import_chunks(records: Records, *, import_id: UUID, claim: UUID) -> Iterator[ImportReport]:
    """Import the records, a transaction for every hundred, telling after each what became of them.

    It can be left off between two chunks and taken up again. Raises ImportOvertaken.
    """
    rest = iter(records)
    while chunk := list(islice(rest, _CHUNK)):
        yield _import(chunk, import_id, claim)


def _import(chunk: list[Record], import_id: UUID, claim: UUID) -> ImportReport:
    try:
        return dispatch(_command(chunk, import_id, claim))
    except (*_AWAY, ImportOvertaken):
        raise
    except Exception as error:  # noqa: BLE001  whatever is wrong with one record, the others can be imported all the same
        if len(chunk) == 1:
            return dispatch(_command([_rejected(chunk[0], error)], import_id, claim))
    return sum((_import([record], import_id, claim) for record in chunk), ImportReport())


def _command(chunk: list[Record], import_id: UUID, claim: UUID) -> ImportRecords:
    good, rejected = _sorted_out(chunk)
    return ImportRecords(
        import_id=import_id,
        claim=claim,
        records=good,
        rejected=rejected,
        originals={it.number: it.original for it in chunk if it.original},
        through=chunk[-1].number,
    )


def _rejected(record: Record, error: Exception) -> RejectedRecord:
    reason = "It can't be stored."
    if isinstance(error, Refused):
        reason = str(error)
    else:
        log.error("a record could not be imported", number=record.number, exc_info=error)
    return RejectedRecord(number=record.number, reason=reason, original=record.original)


def _sorted_out(chunk: list[Record]) -> tuple[tuple[SourceRecord, ...], tuple[Rejection, ...]]:
    return (
        tuple(it for it in chunk if isinstance(it, SourceRecord)),
        tuple(
            Rejection(number=it.number, reason=it.reason) for it in chunk if isinstance(it, RejectedRecord)
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewImport(Query[ImportReport]):
    """What importing these records would do."""

    records: Records


def preview_import(query: PreviewImport, *, work: CatalogWork, clock: Clock) -> ImportReport:
    """Import into a unit of work that is never written. It holds all of the file's new Books in memory."""
    matching = Matching(work=work, import_id=uuid4())
    report = ImportReport()
    rest = iter(query.records)
    while chunk := list(islice(rest, _CHUNK)):
        good, rejected = _sorted_out(chunk)
        report += ImportReport(rejected=rejected) + import_chunk(good, matching, work, at=clock.now()).report
    return report
