"""`manage.py list_books`."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser

from catalog.services.book_details import BookDetails
from catalog.services.queries.list_books import ListBooks
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.pagination import Keys, PageRequest
from shared_kernel.services.queries import ask


class Command(LibraryCommand):
    help = "List the books by title."

    def options(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--search", default="", help="beginnings of words of title, author, ISBN, subjects"
        )
        parser.add_argument("--available", action="store_true", help="only books of which a copy is free")

    def run(self, *, search: str, available: bool, **_: Any) -> None:
        """List them."""
        books = _all_books(search, available=available)
        if self.as_json:
            self.answer(list(books))
            return
        self.table(
            *("Id", "Title", "Authors", "Year", "ISBN", "Copies", "Available"),
            rows=(
                (
                    *(it.id, it.title, "; ".join(it.authors), it.year, it.isbn),
                    *(it.availability.copies, it.availability.available),
                )
                for it in books
            ),
            empty="No book was found.",
        )


def _all_books(search: str, *, available: bool) -> Iterator[BookDetails]:
    keys: Keys | None = None
    while True:
        wanted = ListBooks(q=search, available=available or None, page=PageRequest(size=100, keys=keys))
        page = ask(wanted)
        yield from page.results
        if page.next is None:
            return
        keys = page.next
