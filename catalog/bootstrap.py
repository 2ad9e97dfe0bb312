"""The catalogue's handlers, bound to its adapters."""

from functools import partial

from catalog.adapters.unit_of_work import DjangoCatalogWork
from catalog.services import importing, queries
from catalog.services.commands.add_book import AddBook, add_book
from catalog.services.commands.add_copy import AddCopy, add_copy
from catalog.services.commands.count_borrowing import CountBorrowing, count_borrowing
from catalog.services.commands.import_records import ImportRecords, import_records
from catalog.services.ports import CirculationFacts
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Handlers


def handlers(*, clock: Clock, circulation: CirculationFacts) -> Handlers:
    """All that the catalogue can do and be asked."""
    return Handlers(
        work=DjangoCatalogWork,
        commands={
            AddBook: partial(add_book, clock=clock),
            AddCopy: partial(add_copy, clock=clock, circulation=circulation),
            ImportRecords: partial(import_records, clock=clock),
            CountBorrowing: count_borrowing,
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
