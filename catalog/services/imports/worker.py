"""The import worker: continues imports where they stopped, a few seconds at a time."""

from collections.abc import Iterator
from time import monotonic
from uuid import UUID, uuid4

from catalog.services.commands.claim_import import ClaimedImport, ClaimImport, FinishImport
from catalog.services.commands.revert_import import ContinueRevert
from catalog.services.imports.chunks import import_chunks
from catalog.services.imports.job import FileUnreadable, ImportOvertaken
from catalog.services.imports.records import Record
from catalog.services.queries.uploaded_records import ReadUploadedRecords
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask


class ImportWorker:
    """One for each process. The file that it is at stays open from one tick to the next.

    After a crash another worker reads the file again, up to where the import had got.
    """

    def __init__(self) -> None:
        self._claim = uuid4()
        self._at: UUID | None = None
        self._records: Iterator[Record] = iter(())

    def work(self, *, seconds: float) -> None:
        """Go on with the oldest import, and then the next, until the time is up or nothing waits."""
        end = monotonic() + seconds
        while (claimed := dispatch(ClaimImport(claim=self._claim))) is not None:
            try:
                self._go_on(claimed, end)
            except ImportOvertaken:  # somebody else is at it
                self._at = None
            if monotonic() >= end:
                return

    def _go_on(self, claimed: ClaimedImport, end: float) -> None:
        if claimed.reverting:
            self._revert(claimed, end)
            return
        try:
            over = self._import(claimed, end)
            failure = ""
        except FileUnreadable as unreadable:
            over, failure = True, str(unreadable)
        if over:
            self._at = None
            dispatch(FinishImport(import_id=claimed.id, claim=self._claim, failure=failure))

    def _import(self, claimed: ClaimedImport, end: float) -> bool:
        """Import chunk by chunk; whether all are imported. What a failed one has read is read again."""
        records = self._opened(claimed)
        self._at = None
        for _chunk in import_chunks(records, import_id=claimed.id, claim=self._claim):
            if monotonic() >= end:
                self._at = claimed.id
                return False
        return True

    def _opened(self, claimed: ClaimedImport) -> Iterator[Record]:
        if self._at != claimed.id:
            query = ReadUploadedRecords(
                import_id=claimed.id,
                format=claimed.format,
                encoding=claimed.encoding,
                after=claimed.handled,
            )
            self._records = ask(query)
        return self._records

    def _revert(self, claimed: ClaimedImport, end: float) -> None:
        while dispatch(ContinueRevert(import_id=claimed.id, claim=self._claim)) and monotonic() < end:
            pass
