"""The catalogue's handlers, bound to its adapters."""

from functools import partial

from catalog.adapters.files import RecordFiles
from catalog.adapters.unit_of_work import DjangoCatalogWork
from catalog.services import exporting, figures, import_queries, importing, queries
from catalog.services.commands.accept_import import AcceptImport, BeginImport, accept_import, begin_import
from catalog.services.commands.add_book import AddBook, add_book
from catalog.services.commands.add_copy import AddCopy, add_copy
from catalog.services.commands.carry_on_import import (
    ClaimImport,
    FinishImport,
    ReleaseImport,
    claim_import,
    finish_import,
    release_import,
)
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
from catalog.services.commands.revert_import import (
    GoOnReverting,
    RevertImport,
    go_on_reverting,
    revert_import,
)
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
            AcceptImport: partial(accept_import, clock=clock, files=RecordFiles()),
            BeginImport: partial(begin_import, clock=clock),
            ClaimImport: partial(claim_import, clock=clock),
            ImportRecords: partial(import_records, clock=clock),
            FinishImport: partial(finish_import, clock=clock),
            ReleaseImport: partial(release_import, clock=clock),
            RevertImport: partial(revert_import, clock=clock, circulation=circulation),
            GoOnReverting: partial(go_on_reverting, clock=clock, circulation=circulation),
            ReindexBooks: reindex_books,
            CountBorrowing: count_borrowing,
            ReckonPopularity: partial(reckon_popularity, clock=clock),
        },
        queries={
            queries.ListBooks: partial(queries.list_books, circulation=circulation),
            queries.GetBook: partial(queries.get_book, circulation=circulation),
            queries.GetCopy: partial(queries.get_copy, circulation=circulation),
            queries.ListCopies: partial(queries.list_copies, circulation=circulation),
            exporting.ExportBooks: partial(exporting.export_books, circulation=circulation),
            figures.CollectionFigures: partial(figures.collection_figures, clock=clock),
            import_queries.ListImports: import_queries.list_imports,
            import_queries.GetImport: import_queries.get_import,
            import_queries.RejectedOriginals: import_queries.rejected_originals,
            importing.PreviewImport: lambda query: importing.preview_import(
                query, work=DjangoCatalogWork(), clock=clock
            ),
        },
    )
