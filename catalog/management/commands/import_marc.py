"""`manage.py import_marc FILE`."""

from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError, CommandParser
from rich.console import Console
from rich.progress import track

from catalog.adapters.marc.reader import count_records, read_marc
from catalog.services.answers import ImportReport
from catalog.services.importing import PreviewImport, Records, import_all
from shared_kernel.management.door import LibraryCommand
from shared_kernel.services.queries import ask


class Command(LibraryCommand):
    help = "Import the records of a MARC 21 or MARCXML file. The same file again changes nothing."

    def options(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--dry-run", action="store_true", help="tell what would happen, and change nothing"
        )
        parser.add_argument(
            "--encoding", help="of the text, where the file lies about it: marc8, utf-8, cp1251…"
        )

    def carry_out(self, *, file: Path, dry_run: bool, encoding: str | None, **_: Any) -> None:
        """Import the file and report."""
        try:
            with file.open("rb") as stream:
                records = _with_progress(stream, encoding)
                report = ask(PreviewImport(records=records)) if dry_run else import_all(records)
        except OSError as error:
            raise CommandError(f"{file} can't be read: {error.strerror}", returncode=2) from None
        if self.as_json:
            self.answer(report)
        else:
            self._tell(report, would="would be " if dry_run else "")

    def _tell(self, report: ImportReport, *, would: str) -> None:
        for each in report.rejected:
            self.stderr.write(f"record {each.number}: {each.reason}")
        self.stdout.write(
            f"{would}created {report.created}, updated {report.updated}, unchanged {report.unchanged}, "
            f"copies {report.copies}, rejected {len(report.rejected)}"
        )


def _with_progress(stream: BinaryIO, encoding: str | None) -> Records:
    try:
        records = read_marc(stream, encoding=encoding)
    except ValueError as error:
        raise CommandError(str(error), returncode=2) from None
    terminal = Console(stderr=True)
    if not (terminal.is_terminal and stream.seekable()):
        return records
    return track(records, "Importing", total=count_records(stream), console=terminal)
