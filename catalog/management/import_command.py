"""What the commands have in common that import a file from this machine's disk."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress

from catalog.adapters.marc.reader import count_records
from catalog.adapters.record_files import check_encoding, format_of, read_records
from catalog.domain.import_states import FileFormat
from catalog.services.commands.accept_import import BeginImport
from catalog.services.commands.claim_import import FinishImport
from catalog.services.imports.chunks import import_chunks
from catalog.services.imports.job import FileUnreadable, UnknownEncoding
from catalog.services.imports.records import Record
from catalog.services.imports.report import ImportReport
from catalog.services.queries.preview_import import PreviewImport
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask

_SAMPLE = 200_000


class ImportCommand(LibraryCommand):
    """Imports a file here and now. Interrupted, it is given again; what is imported stays as it is."""

    def options(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--dry-run", action="store_true", help="tell what would happen, and change nothing"
        )
        parser.add_argument(
            "--encoding", help="of the text, where the file lies about it: marc8, utf-8, cp1251…"
        )

    def format_of(self, stream: BinaryIO, name: str) -> FileFormat:
        """What the file is taken for. Raises FileUnreadable."""
        return format_of(_sample(stream), name=name)

    def run(self, *, file: Path, dry_run: bool, encoding: str | None, **_: Any) -> None:
        """Import the file and report."""
        try:
            with file.open("rb") as stream:
                report = self._report(stream, file, encoding, dry_run=dry_run)
        except OSError as error:
            raise CommandError(f"{file} can't be read: {error.strerror}", returncode=2) from None
        except (FileUnreadable, UnknownEncoding) as refused:
            raise CommandError(f"{refused.code}: {refused}", returncode=2) from None
        if self.as_json:
            self.answer(self.told(report))
        else:
            self._tell(report, would="would be " if dry_run else "")

    def told(self, report: ImportReport) -> dict[str, Any]:  # JSON
        """What programs are answered."""
        return {
            "created": report.created,
            "updated": report.updated,
            "unchanged": report.unchanged,
            "copies": report.copies,
            "rejected": report.rejected,
        }

    def _report(self, stream: BinaryIO, file: Path, encoding: str | None, *, dry_run: bool) -> ImportReport:
        if encoding is not None:
            check_encoding(encoding)
        found = self.format_of(stream, file.name)
        records = read_records(stream, format=found, encoding=encoding)
        if dry_run:
            return ask(PreviewImport(records=records))
        total = _total(stream, found)
        claim = uuid4()
        begun = dispatch(
            BeginImport(
                name=file.name,
                size=file.stat().st_size,
                total=total,
                format=found.value,
                encoding=encoding,
                claim=claim,
            )
        )
        with _finished(begun, claim):
            return self._imported(records, begun, claim, total)

    def _imported(
        self, records: Iterable[Record], begun: UUID, claim: UUID, total: int | None
    ) -> ImportReport:
        terminal = Console(stderr=True)
        report = ImportReport()
        with Progress(console=terminal, disable=not terminal.is_terminal) as progress:
            task = progress.add_task("Importing", total=total)
            for chunk in import_chunks(records, import_id=begun, claim=claim):
                report += chunk
                progress.advance(task, _handled(chunk))
        return report

    def _tell(self, report: ImportReport, *, would: str) -> None:
        self._list("record {0.number}: {0.reason}", report.rejected)
        self._list("record {0.number}, imported all the same: {0.reason}", report.remarks)
        self.stdout.write(
            f"{would}created {report.created}, updated {report.updated}, unchanged {report.unchanged}, "
            f"copies {report.copies}, rejected {len(report.rejected)}"
        )

    def _list(self, line: str, said: Iterable[object]) -> None:
        for each in said:
            self.stderr.write(line.format(each))


@contextmanager
def _finished(begun: UUID, claim: UUID) -> Iterator[None]:
    """Bring the import to its end, also where the file turns out to be unreadable, or somebody interrupts."""
    failure = "It was interrupted. Import the file again: what is imported already stays as it is."
    try:
        yield
        failure = ""
    except FileUnreadable as unreadable:
        failure = str(unreadable)
        raise
    finally:
        dispatch(FinishImport(import_id=begun, claim=claim, failure=failure))


def _sample(stream: BinaryIO) -> bytes:
    sample = stream.read(_SAMPLE)
    stream.seek(0)
    return sample


def _total(stream: BinaryIO, found: FileFormat) -> int | None:
    if not stream.seekable():
        return None
    if found is not FileFormat.CSV:
        return count_records(stream)
    lines = sum(block.count(b"\n") for block in iter(lambda: stream.read(_SAMPLE), b""))
    stream.seek(0)
    return max(0, lines - 1)


def _handled(chunk: ImportReport) -> int:
    return chunk.created + chunk.updated + chunk.unchanged + len(chunk.rejected)
