"""`manage.py export_marc FILE`."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from catalog.adapters.marc.writer import write_iso2709, write_marcxml
from catalog.services.queries.export_books import ExportBooks
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.queries import ask

_WRITERS = {"marc21": write_iso2709, "marcxml": write_marcxml}


class Command(LibraryCommand):
    help = "Write the books, or those that a search finds, to a file of MARC 21 or MARCXML records."

    def options(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("file", metavar="FILE", help="to be written; - for the standard output")
        parser.add_argument("--format", choices=sorted(_WRITERS), default="marc21")
        parser.add_argument(
            "--search", default="", help="beginnings of words of title, author, ISBN, subjects"
        )
        parser.add_argument("--language", help="a code of ISO 639")
        parser.add_argument("--available", action="store_true", help="only books of which a copy is free")

    def run(
        self, *, file: str, format: str, search: str, language: str | None, available: bool, **_: Any
    ) -> None:
        """Write them."""
        found = ask(ExportBooks(q=search, language=language, available=available or None))
        pieces = _WRITERS[format](found)
        if file == "-":
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            return
        try:
            with Path(file).open("wb") as stream:
                size = sum(stream.write(piece) for piece in pieces)
        except OSError as error:
            raise CommandError(f"{file} can't be written: {error.strerror}", returncode=2) from None
        if self.as_json:
            self.answer({"file": file, "bytes": size})
        else:
            self.stdout.write(f"{file}: {size} bytes")
