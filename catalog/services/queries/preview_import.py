"""Preview an import."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from uuid import uuid4

from catalog.services.commands.import_records import import_chunk
from catalog.services.imports.chunks import CHUNK_SIZE, partition
from catalog.services.imports.matching import BookMatcher
from catalog.services.imports.records import Record
from catalog.services.imports.report import ImportReport
from catalog.services.ports import CatalogWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewImport(Query[ImportReport]):
    """What importing these records would do."""

    records: Iterable[Record]


def preview_import(query: PreviewImport, *, work: CatalogWork, clock: Clock) -> ImportReport:
    """Import into a unit of work that is never written. It holds all of the file's new Books in memory."""
    matching = BookMatcher(work=work, import_id=uuid4())
    report = ImportReport()
    rest = iter(query.records)
    while chunk := list(islice(rest, CHUNK_SIZE)):
        good, rejected = partition(chunk)
        report += ImportReport(rejected=rejected) + import_chunk(good, matching, work, at=clock.now()).report
    return report
