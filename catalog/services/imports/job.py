"""An import: a file that somebody gave us, and how far its records have become Books."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from catalog.domain.import_states import FileFormat, ImportState
from catalog.services.imports.report import ImportReport
from shared_kernel.domain.errors import ConcurrentChange, InvalidValue, NotFound, Refusal

LARGEST_FILE = 50 * 1024 * 1024
#: A file with the form that it comes in.
LARGEST_UPLOAD = LARGEST_FILE + 100_000
"""In bytes; a larger one is imported by a command, from the disk where it lies."""

CLAIMED_FOR = timedelta(seconds=20)
"""So long nobody else goes on with an import after its worker was last heard of."""


class ImportNotFound(NotFound):
    message = "No import has this id."


class ImportNotFinished(Refusal):
    code = "import_not_finished"
    message = "The import is still running. Revert it when it has finished."


class ImportOvertaken(ConcurrentChange):
    message = "Another worker is continuing this import."


class FileTooLarge(InvalidValue):
    code = "file_too_large"
    message = "Uploads are limited to 50 MB. Import a larger file with a management command."
    pointer = "/file"


class FileUnreadable(InvalidValue):
    code = "file_unreadable"
    message = "{reason}"
    pointer = "/file"


class UnknownEncoding(InvalidValue):
    code = "unknown_encoding"
    message = "Unknown encoding. Use marc8, utf-8 or another superset of ASCII such as cp1251."
    pointer = "/encoding"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognisedFile:
    """What a file's content says about it. `total` is roughly how many records it holds."""

    format: FileFormat
    total: int | None


@dataclass(slots=True, kw_only=True)
class Import:
    """A file being imported, record by record, or reverted.

    Bookkeeping, not an aggregate: what it does to Books are their own events. `handled` counts the records
    behind which the next one follows. Whoever goes on with it holds the `claim`, until `claimed_until`.
    `in_database` tells whether the file is kept there, so that any worker can go on.
    """

    id: UUID
    name: str
    format: FileFormat
    encoding: str | None
    size: int
    total: int | None
    in_database: bool
    created_at: datetime
    state: ImportState = ImportState.QUEUED
    finished_at: datetime | None = None
    handled: int = 0
    report: ImportReport = field(default_factory=ImportReport)
    rejected: int = 0
    removed: int = 0
    kept: int = 0
    failure: str = ""
    claim: UUID | None = None
    claimed_until: datetime | None = None

    def claim_for(self, claim: UUID, *, at: datetime) -> None:
        """Let one worker go on with it, and nobody else for a while."""
        self.claim, self.claimed_until = claim, at + CLAIMED_FOR
        if self.state is ImportState.QUEUED:
            self.state = ImportState.RUNNING

    def require_claim(self, claim: UUID, *, at: datetime) -> None:
        """Go on only if nobody else does, and be heard of. Raises ImportOvertaken."""
        if self.claim != claim or self.state not in {ImportState.RUNNING, ImportState.REVERTING}:
            raise ImportOvertaken
        self.claimed_until = at + CLAIMED_FOR

    def release(self) -> None:
        """Let any worker go on."""
        self.claim = self.claimed_until = None

    def record_progress(self, report: ImportReport, *, through: int) -> None:
        """Note what became of the records up to the one with this number."""
        counts = replace(report, rejected=(), remarks=())
        self.report += counts
        self.rejected += len(report.rejected)
        self.handled = max(self.handled, through)

    def finish(self, *, at: datetime, failure: str = "") -> None:
        """Note that the end was reached, or why it never will be."""
        self.state = ImportState.FAILED if failure else ImportState.DONE
        self.failure, self.finished_at = failure, at
        self.total = self.handled if not failure else self.total
        self.release()

    def begin_revert(self) -> bool:
        """Begin to undo it; whether there is anything to do. Raises ImportNotFinished."""
        if self.state in {ImportState.QUEUED, ImportState.RUNNING}:
            raise ImportNotFinished
        if self.state is ImportState.REVERTED:
            return False
        self.state = ImportState.REVERTING
        return True

    def reverted(self, *, removed: int, kept: int, all_of_it: bool) -> None:
        """Note how many Books went, and how many stay since somebody has used or changed them."""
        self.removed += removed
        self.kept += kept
        if all_of_it:
            self.state = ImportState.REVERTED
            self.release()
