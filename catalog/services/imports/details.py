"""What the catalogue answers about imports: the public shapes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from catalog.services.imports.job import Import
from catalog.services.imports.report import Rejection
from shared_kernel.services.bus import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBook(Result):
    """A Book that an import made and its revert left: somebody has lent, held or changed it since."""

    book: UUID
    title: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary(Result):
    """A file and how far it is imported. `size` is in bytes; `total` is how many records it may hold.

    `state` is queued, running, done, failed, reverting or reverted. Of the `handled` records so many became
    new Books (`created`), changed one, changed nothing or were rejected. Of the Books made a revert has
    `removed` some and kept others. `failure` says why an import failed.
    """

    id: UUID
    file: str
    format: str
    encoding: str | None
    size: int
    state: str
    created_at: datetime
    finished_at: datetime | None
    total: int | None
    handled: int
    created: int
    updated: int
    unchanged: int
    copies: int
    rejected_count: int
    removed: int
    kept_count: int
    failure: str | None

    @classmethod
    def of(cls, shown: Import) -> Self:
        """The import as it is."""
        return cls(**_summary(shown))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDetails(ImportSummary):
    """An import with its records that were rejected, those of which something was left out, and Books kept.

    A thousand of each are shown at most.
    """

    rejected: tuple[Rejection, ...] = ()
    remarks: tuple[Rejection, ...] = ()
    kept: tuple[KeptBook, ...] = ()

    @classmethod
    def with_records(
        cls,
        shown: Import,
        *,
        rejected: Sequence[Rejection],
        remarks: Sequence[Rejection],
        kept: Sequence[KeptBook],
    ) -> Self:
        """The import as it is, with what there is to say of its records."""
        return cls(**_summary(shown), rejected=tuple(rejected), remarks=tuple(remarks), kept=tuple(kept))


def _summary(shown: Import) -> dict[str, Any]:  # values as various as the fields
    report = shown.report
    return {
        "id": shown.id,
        "file": shown.name,
        "format": shown.format.value,
        "encoding": shown.encoding,
        "size": shown.size,
        "state": shown.state.value,
        "created_at": shown.created_at,
        "finished_at": shown.finished_at,
        "total": shown.total,
        "handled": shown.handled,
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "copies": report.copies,
        "rejected_count": shown.rejected,
        "removed": shown.removed,
        "kept_count": shown.kept,
        "failure": shown.failure or None,
    }
