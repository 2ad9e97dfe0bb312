"""Where the records of imported files came from."""

from collections.abc import Collection
from uuid import UUID

from catalog.models import SourceRecordRow
from catalog.services.imports.provenance import Source
from shared_kernel.domain.events import Recorded


class DjangoSources:
    """The records that earlier imports have seen; written at the end, after the Books they belong to."""

    def __init__(self) -> None:
        self._kept: list[Source] = []

    def with_keys(self, keys: Collection[str]) -> list[Source]:
        """The stored ones under these keys, the oldest first."""
        return [_source(row) for row in SourceRecordRow.objects.filter(key__in=keys).order_by("id")]

    def of_import(self, import_id: UUID, books: Collection[UUID]) -> list[Source]:
        """The stored ones that this import has made or seen, of these Books."""
        found = SourceRecordRow.objects.filter(book__in=books, last_import=import_id).order_by("number")
        return [_source(row) for row in found]

    def keep(self, source: Source) -> None:
        """Store a new one or a changed one at the end."""
        self._kept.append(source)

    def flush(self) -> None:
        """Write what was kept, if anything was."""
        if not self._kept:
            return
        SourceRecordRow.objects.bulk_create(_row(source) for source in self._kept if source.id is None)
        SourceRecordRow.objects.bulk_create(
            (_row(source) for source in self._kept if source.id is not None),
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["digest", "last_import", "number"],
        )
        self._kept.clear()

    def recorded(self) -> list[Recorded]:
        """None: this is bookkeeping."""
        return []


def _source(row: SourceRecordRow) -> Source:
    return Source(
        id=row.pk,
        book_id=row.book_id,
        key=row.key,
        digest=row.digest,
        last_import=row.last_import,
        number=row.number,
    )


def _row(source: Source) -> SourceRecordRow:
    return SourceRecordRow(
        id=source.id,
        book_id=source.book_id,
        key=source.key,
        digest=source.digest,
        last_import=source.last_import,
        number=source.number,
    )
