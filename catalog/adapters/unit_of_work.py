"""The catalogue's storage for the span of one command."""

from collections.abc import Sequence

from catalog.adapters.bookkeeping import DjangoBorrowingCounts, DjangoSources
from catalog.adapters.repositories import DjangoBooks, DjangoCopies
from shared_kernel.services.bus import Storage


class DjangoCatalogWork:
    """One unit of work over Django's connection."""

    def __init__(self) -> None:
        self.books = DjangoBooks()
        self.copies = DjangoCopies()
        self.sources = DjangoSources()
        self.borrowings = DjangoBorrowingCounts()

    @property
    def storages(self) -> Sequence[Storage]:
        """In the order in which they are written: a row after those it refers to."""
        return self.books, self.copies, self.sources
