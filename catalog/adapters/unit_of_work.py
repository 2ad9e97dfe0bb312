"""The catalogue's storage for the span of one command."""

from collections.abc import Sequence

from catalog.adapters.borrowings import DjangoBorrowingCounts
from catalog.adapters.imports import DjangoImports
from catalog.adapters.repositories import BookRemovals, DjangoBooks, DjangoCopies
from catalog.adapters.search_index import DjangoSearchIndex
from catalog.adapters.sources import DjangoSources
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
