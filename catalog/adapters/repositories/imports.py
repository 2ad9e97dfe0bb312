"""Imports in the database: their files, and what became of the records."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from catalog.domain.book import Book
from catalog.domain.copy import Copy
from catalog.domain.import_states import ImportState
from catalog.models import (
    ImportedBookRow,
    ImportPartRow,
    ImportRemarkRow,
    ImportRow,
    RejectedRecordRow,
)
from catalog.services.imports.details import ImportDetails
from catalog.services.imports.job import Import, ImportNotFound
from catalog.services.imports.report import ImportReport
from catalog.services.imports.rows import import_details, import_from_row
from catalog.services.ports import ImportedBook
from shared_kernel.domain.events import Recorded

_PART = 1024 * 1024
_UNFINISHED = (ImportState.QUEUED, ImportState.RUNNING, ImportState.REVERTING)


class DjangoImports:
    """The imports of one unit of work; each that was read is written at the end."""

    def __init__(self) -> None:
        self._identity_map: dict[UUID, Import] = {}

    def add(self, new: Import, content: bytes) -> None:
        """Take a new one in, with its file, if that is kept."""
        ImportRow.objects.create(id=new.id, **_columns(new))
        pieces = memoryview(content)
        for number, start in enumerate(range(0, len(content), _PART)):
            ImportPartRow.objects.create(
                owner_id=new.id, number=number, content=pieces[start : start + _PART]
            )
        self._identity_map[new.id] = new

    def get(self, id: UUID, *, lock: bool = False) -> Import:
        """The import with this id. Raises ImportNotFound."""
        rows = ImportRow.objects.filter(id=id)
        row = (rows.select_for_update() if lock else rows).first()
        if row is None:
            raise ImportNotFound
        return self._of(row)

    def next_waiting(self, claim: UUID, *, at: datetime, id: UUID | None = None) -> Import | None:
        """The oldest (or this one) that waits, has this claim or was left by its worker; locked."""
        free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=at) | Q(claim=claim)
        waiting = ImportRow.objects.filter(free, state__in=_UNFINISHED).order_by("created_at", "id")
        if id is not None:
            waiting = waiting.filter(id=id)
        row = waiting.select_for_update(skip_locked=True).first()
        return None if row is None else self._of(row)

    def drop_content(self, id: UUID) -> None:
        """Keep its file no longer."""
        ImportPartRow.objects.filter(owner_id=id).delete()

    def add_remarks(self, id: UUID, report: ImportReport) -> None:
        """Keep which records were rejected, and what is to be remarked of others."""
        ImportRemarkRow.objects.bulk_create(
            ImportRemarkRow(owner_id=id, number=it.number, rejected=rejected, reason=it.reason)
            for rejected, said in ((True, report.rejected), (False, report.remarks))
            for it in said
        )

    def keep_originals(self, id: UUID, originals: Mapping[int, bytes]) -> None:
        """Keep rejected records as they stand in the file, by their numbers."""
        if originals:
            RejectedRecordRow.objects.bulk_create(
                RejectedRecordRow(owner_id=id, number=number, original=octets)
                for number, octets in originals.items()
            )

    def add_books(
        self, id: UUID, *, created: Collection[tuple[Book, Copy]], revised: Collection[Book]
    ) -> None:
        """Keep which Books it made, and that it has changed some of them again."""
        ImportedBookRow.objects.bulk_create(
            ImportedBookRow(owner_id=id, book_id=book.id, copy_id=copy.id, version=book.version)
            for book, copy in created
        )
        new = {book.id for book, _ in created}
        for book in {book.id: book for book in revised if book.id not in new}.values():
            made = ImportedBookRow.objects.filter(owner_id=id, book_id=book.id, version=book.loaded_version)
            made.update(version=book.version)

    def unsettled_books(self, id: UUID, *, at_most: int) -> list[ImportedBook]:
        """Books that it made, so many of those that no revert has dealt with yet."""
        rows = ImportedBookRow.objects.filter(owner_id=id, kept="").order_by("id")[:at_most]
        return [ImportedBook(book_id=row.book_id, copy_id=row.copy_id, version=row.version) for row in rows]

    def settle(self, id: UUID, *, removed: Collection[UUID], kept: Mapping[UUID, str]) -> None:
        """Keep which of those Books a revert has removed, and why others stay."""
        made = ImportedBookRow.objects.filter(owner_id=id)
        made.filter(book_id__in=removed).delete()
        for reason in set(kept.values()):
            made.filter(book_id__in=[book for book, why in kept.items() if why == reason]).update(kept=reason)

    def prune_rejected(self, *, finished_before: datetime) -> int:
        """Delete the rejected records of imports that finished before this instant; how many."""
        return RejectedRecordRow.objects.filter(owner__finished_at__lt=finished_before).delete()[0]

    def details_of(self, shown: Import) -> ImportDetails:
        """The import as it is now, with its records."""
        return import_details(shown)

    def flush(self) -> None:
        """Write all that were read."""
        for known in self._identity_map.values():
            ImportRow.objects.filter(id=known.id).update(**_columns(known))

    def recorded(self) -> list[Recorded]:
        """None: this is bookkeeping."""
        return []

    def _of(self, row: ImportRow) -> Import:
        return self._identity_map.setdefault(row.id, import_from_row(row))


def _columns(each: Import) -> dict[str, Any]:  # values as various as the columns
    counts = {name: getattr(each.report, name) for name in ("created", "updated", "unchanged", "copies")}
    plain = {
        name: getattr(each, name)
        for name in (
            *("name", "size", "total", "in_database", "created_at", "finished_at", "handled"),
            *("rejected", "removed", "kept", "failure", "claim", "claimed_until"),
        )
    }
    return {
        **plain,
        **counts,
        "format": each.format.value,
        "encoding": each.encoding or "",
        "state": each.state.value,
    }
