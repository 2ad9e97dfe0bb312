"""Read the records of an uploaded file."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from catalog.domain.import_states import FileFormat
from catalog.services.imports.records import Record
from catalog.services.ports import FileReader, Uploads
from shared_kernel.services.bus import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadUploadedRecords(Query[Iterator[Record]]):
    """The records of an import's file that follow record number `after`."""

    import_id: UUID
    format: FileFormat
    encoding: str | None
    after: int


def read_uploaded_records(
    query: ReadUploadedRecords, *, files: FileReader, uploads: Uploads
) -> Iterator[Record]:
    """Read lazily, from the beginning of the file. Raises FileUnreadable, also while it is read."""
    records = files.read(uploads.open(query.import_id), format=query.format, encoding=query.encoding)
    return (record for record in records if record.number > query.after)
