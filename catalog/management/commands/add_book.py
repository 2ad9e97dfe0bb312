"""`manage.py add_book TITLE AUTHOR`."""

from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import CommandParser

from catalog.services.commands.add_book import AddBook
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.commands import dispatch

_MOST_COPIES = 100


def _copies(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _MOST_COPIES):
        raise ArgumentTypeError(f"{text!r} is not a number from 0 to {_MOST_COPIES}")
    return int(text)


class Command(LibraryCommand):
    help = "Add a book with its copies, whose barcodes are made up, and print the book's id."

    def options(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("title")
        parser.add_argument("author")
        parser.add_argument("--isbn", help="10 or 13 digits, as printed")
        parser.add_argument("--copies", type=_copies, default=1, metavar="N", help="how many copies (1)")

    def run(self, *, title: str, author: str, isbn: str | None, copies: int, **_: Any) -> None:
        """Add the book."""
        added = dispatch(AddBook(title=title, authors=(author,), isbn=isbn, copies=copies))
        if self.as_json:
            self.answer(added)
        else:
            self.stdout.write(str(added.id))
