"""The catalogue's handlers, bound to its adapters."""

from functools import partial

from catalog.adapters.unit_of_work import DjangoCatalogWork
from catalog.services import importing, queries
from catalog.services.commands.add_book import AddBook, add_book
from catalog.services.commands.add_copy import AddCopy, add_copy
from catalog.services.commands.change_copy_condition import (
    ChangeCopyCondition,
    MarkCopyMissing,
    change_copy_condition,
    mark_copy_missing,
)
from catalog.services.commands.count_borrowing import (
    CountBorrowing,
    ReckonPopularity,
    count_borrowing,
    reckon_popularity,
)
from catalog.services.commands.import_records import ImportRecords, import_records
from catalog.services.commands.reindex_books import ReindexBooks, reindex_books
from catalog.services.commands.remove_book import RemoveBook, remove_book
from catalog.services.commands.revise_book import ReviseBook, revise_book
from catalog.services.ports import CirculationFacts
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Handlers


def handlers(*, clock: Clock, circulation: CirculationFacts) -> Handlers:
    """All that the catalogue can do and be asked."""
    return Handlers(
        work=DjangoCatalogWork,
        commands={
            AddBook: partial(add_book, clock=clock),
            ReviseBook: partial(revise_book, clock=clock, circulation=circulation),
            RemoveBook: partial(remove_book, clock=clock, circulation=circulation),
            AddCopy: partial(add_copy, clock=clock, circulation=circulation),
            ChangeCopyCondition: partial(change_copy_condition, clock=clock, circulation=circulation),
            MarkCopyMissing: partial(mark_copy_missing, clock=clock),
            ImportRecords: partial(import_records, clock=clock),
            ReindexBooks: reindex_books,
            CountBorrowing: count_borrowing,
            ReckonPopularity: partial(reckon_popularity, clock=clock),
        },
        queries={
            queries.ListBooks: partial(queries.list_books, circulation=circulation),
            queries.GetBook: partial(queries.get_book, circulation=circulation),
            queries.GetCopy: partial(queries.get_copy, circulation=circulation),
            queries.ListCopies: partial(queries.list_copies, circulation=circulation),
            importing.PreviewImport: lambda query: importing.preview_import(
                query, work=DjangoCatalogWork(), clock=clock
            ),
        },
    )
