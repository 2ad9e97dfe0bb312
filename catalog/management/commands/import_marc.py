"""`manage.py import_marc FILE`."""

from typing import BinaryIO

from catalog.domain.import_states import FileFormat
from catalog.management.import_command import ImportCommand


class Command(ImportCommand):
    help = "Import the records of a MARC 21 or MARCXML file. The same file again changes nothing."

    def format_of(self, stream: BinaryIO, name: str) -> FileFormat:
        """MARC, whatever it looks like."""
        found = super().format_of(stream, name)
        return FileFormat.MARC21 if found is FileFormat.CSV else found
