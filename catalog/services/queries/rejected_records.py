"""Get the records that an import rejected."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from catalog.domain.import_states import FileFormat
from catalog.models import ImportRow, RejectedRecordRow
from catalog.services.imports.job import ImportNotFound
from shared_kernel.services.bus import Query

#: Rows read at a time; each may have a hundred thousand bytes.
_BATCH: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedFile:
    """Records as they stand in a file of this format, each one alone."""

    format: FileFormat
    records: Iterator[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRejectedRecords(Query[RejectedFile]):
    """The records that an import has rejected, as they were given."""

    refusals = (ImportNotFound,)

    import_id: UUID


def get_rejected_records(query: GetRejectedRecords) -> RejectedFile:
    """Those that were kept, in the order of the file, read as they are taken. Raises ImportNotFound."""
    row = ImportRow.objects.filter(id=query.import_id).only("id", "format").first()
    if row is None:
        raise ImportNotFound
    return RejectedFile(format=FileFormat(row.format), records=_originals(row.id))


def _originals(id: UUID) -> Iterator[bytes]:
    kept = RejectedRecordRow.objects.filter(owner_id=id).order_by("number").values_list("number", "original")
    chunk = list(kept[:_BATCH])
    while chunk:
        yield from (bytes(original) for _, original in chunk)
        chunk = list(kept.filter(number__gt=chunk[-1][0])[:_BATCH])
