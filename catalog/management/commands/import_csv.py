"""`manage.py import_csv FILE`."""

from typing import Any, BinaryIO

from catalog.domain.import_states import FileFormat
from catalog.management.import_command import ImportCommand
from catalog.services.imports.report import ImportReport


class Command(ImportCommand):
    help = (
        "Import the rows of a spreadsheet saved as CSV; its first line names the columns, among them title. "
        "ISBNs that lost their zeros or were rounded are mended where that is possible. Several authors or "
        "subjects are separated by semicolons, or by commas in a column called authors. "
        "The same file again changes nothing."
    )

    def format_of(self, stream: BinaryIO, name: str) -> FileFormat:
        """A spreadsheet, whatever it looks like."""
        super().format_of(stream, name)
        return FileFormat.CSV

    def told(self, report: ImportReport) -> dict[str, Any]:  # JSON
        """What programs are answered: also what had to be left out of rows that were imported."""
        return {**super().told(report), "remarks": report.remarks}
