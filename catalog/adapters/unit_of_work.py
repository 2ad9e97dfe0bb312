"""The catalogue's storage for the span of one command."""

from collections.abc import Sequence

from catalog.adapters.repositories.books import BookRemovals, DjangoBooks
from catalog.adapters.repositories.borrowing_counts import DjangoBorrowingCounts
from catalog.adapters.repositories.copies import DjangoCopies
from catalog.adapters.repositories.imports import DjangoImports
from catalog.adapters.repositories.sources import DjangoSources
from catalog.adapters.search_index import DjangoSearchIndex
from shared_kernel.services.bus import Repository


class DjangoCatalogWork:
    """One unit of work over Django's connection."""

    def __init__(self) -> None:
        self.books = DjangoBooks()
        self.copies = DjangoCopies()
        self.sources = DjangoSources()
        self.imports = DjangoImports()
        self.borrowings = DjangoBorrowingCounts()
        self.search_index = DjangoSearchIndex()

    @property
    def repositories(self) -> Sequence[Repository]:
        """In the order in which they are written: a row after those it refers to."""
        return self.books, self.copies, self.sources, BookRemovals(self.books), self.imports
