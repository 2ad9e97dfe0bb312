"""Importing a whole file: chunk by chunk, so that nobody waits for it and a bad record costs only itself."""

from collections.abc import Iterable, Iterator
from itertools import islice
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError

from catalog.services.commands.import_records import ImportRecords
from catalog.services.imports.job import ImportOvertaken
from catalog.services.imports.records import Record, RejectedRecord, SourceRecord
from catalog.services.imports.report import ImportReport, Rejection
from shared_kernel.domain.errors import Refused
from shared_kernel.services.commands import dispatch

CHUNK_SIZE = 100
_AWAY = (OperationalError, InterfaceError)

log = structlog.get_logger(__name__)


def import_chunks(records: Iterable[Record], *, import_id: UUID, claim: UUID) -> Iterator[ImportReport]:
    """Import the records, a transaction for every hundred, telling after each what became of them.

    It can be left off between two chunks and taken up again. Raises ImportOvertaken.
    """
    rest = iter(records)
    while chunk := list(islice(rest, CHUNK_SIZE)):
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
    good, rejected = partition(chunk)
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


def partition(chunk: list[Record]) -> tuple[tuple[SourceRecord, ...], tuple[Rejection, ...]]:
    """The readable records of a chunk, and the rejections of the others."""
    return (
        tuple(it for it in chunk if isinstance(it, SourceRecord)),
        tuple(
            Rejection(number=it.number, reason=it.reason) for it in chunk if isinstance(it, RejectedRecord)
        ),
    )
