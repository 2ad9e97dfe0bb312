"""`manage.py reindex_search`."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.progress import Progress

from catalog.models import BookRow
from catalog.services.commands.count_borrowing import RecomputePopularity
from catalog.services.commands.reindex_books import ReindexBooks
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.commands import dispatch

_TOGETHER = 500


class Command(LibraryCommand):
    help = (
        "Rebuild the search index and recompute popularity, while the library stays open. It can be repeated."
    )

    def run(self, **_: Any) -> None:
        """Index all Books, some at a time, so that nobody waits for it."""
        books = BookRow.objects.count()
        terminal = Console(stderr=True)
        with Progress(console=terminal, disable=not terminal.is_terminal) as progress:
            task = progress.add_task("Indexing", total=books)
            for _chunk in _chunks():
                progress.advance(task, _TOGETHER)
        while dispatch(RecomputePopularity(at_most=_TOGETHER)):
            pass
        if self.as_json:
            self.answer({"books": books})
        else:
            self.stdout.write(f"indexed {books} books")


def _chunks() -> Iterator[None]:
    last = dispatch(ReindexBooks(at_most=_TOGETHER))
    while last is not None:
        yield
        last = dispatch(ReindexBooks(after=last, at_most=_TOGETHER))
