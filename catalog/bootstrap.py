"""The catalogue's handlers, and the adapters that they are bound to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from catalog.adapters.record_files import RecordFiles
from catalog.adapters.unit_of_work import DjangoCatalogWork
from catalog.adapters.uploads import DjangoUploads
from catalog.services.commands.accept_import import accept_import, begin_import
from catalog.services.commands.add_book import add_book
from catalog.services.commands.add_copy import add_copy
from catalog.services.commands.change_copy_condition import change_copy_condition, mark_copy_missing
from catalog.services.commands.claim_import import claim_import, finish_import
from catalog.services.commands.count_borrowing import count_borrowing, recompute_popularity
from catalog.services.commands.import_records import import_records
from catalog.services.commands.prune_rejected_records import prune_rejected_records
from catalog.services.commands.reindex_books import reindex_books
from catalog.services.commands.remove_book import remove_book
from catalog.services.commands.revert_import import continue_revert, revert_import
from catalog.services.commands.revise_book import revise_book
from catalog.services.ports import CatalogWork, CirculationFacts, FileReader, Uploads
from catalog.services.queries.dashboard_stats import collection_stats
from catalog.services.queries.export_books import export_books
from catalog.services.queries.get_book import get_book
from catalog.services.queries.get_copy import get_copy
from catalog.services.queries.get_import import get_import
from catalog.services.queries.list_books import list_books
from catalog.services.queries.list_copies import list_copies
from catalog.services.queries.list_imports import list_imports
from catalog.services.queries.preview_import import preview_import
from catalog.services.queries.rejected_records import get_rejected_records
from catalog.services.queries.uploaded_records import read_uploaded_records
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import CommandHandler, Handlers, QueryHandler
from shared_kernel.services.wiring import bind

COMMANDS: tuple[CommandHandler, ...] = (
    add_book,
    revise_book,
    remove_book,
    add_copy,
    change_copy_condition,
    mark_copy_missing,
    accept_import,
    begin_import,
    claim_import,
    import_records,
    finish_import,
    revert_import,
    continue_revert,
    prune_rejected_records,
    reindex_books,
    count_borrowing,
    recompute_popularity,
)

QUERIES: tuple[QueryHandler, ...] = (
    list_books,
    get_book,
    get_copy,
    list_copies,
    export_books,
    collection_stats,
    list_imports,
    get_import,
    get_rejected_records,
    preview_import,
    read_uploaded_records,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the catalogue's handlers may ask for, by the names of their parameters."""

    work: Callable[[], CatalogWork]
    clock: Clock
    circulation: CirculationFacts
    files: FileReader
    uploads: Uploads

    @classmethod
    def with_adapters(cls, *, clock: Clock, circulation: CirculationFacts) -> Self:
        """The ports of an installation. `circulation` is what the catalogue needs to know of lending."""
        return cls(
            work=DjangoCatalogWork,
            clock=clock,
            circulation=circulation,
            files=RecordFiles(),
            uploads=DjangoUploads(),
        )


def handlers(ports: Ports) -> Handlers:
    """The catalogue's handlers, bound."""
    return bind(commands=COMMANDS, queries=QUERIES, ports=ports)
