"""What can be asked about imports."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from catalog.domain.import_states import FileFormat
from catalog.models import ImportRow, RejectedRecordRow
from catalog.services.import_answers import ImportSummary, ImportView
from catalog.services.import_rows import import_of, shown_with_records
from catalog.services.imports import ImportNotFound
from shared_kernel.services.bus import Query
from shared_kernel.services.pagination import Page, PageRequest, keyset_page

_ORDER = ("created_at", "id")
#: Read at a time, since each may have a hundred thousand bytes.
_TOGETHER: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ListImports(Query[Page[ImportSummary]]):
    """The imports, the latest first."""

    page: PageRequest


def list_imports(query: ListImports) -> Page[ImportSummary]:
    """One page, by one SQL query."""
    columns = [field.attname for field in ImportRow._meta.concrete_fields]
    page = keyset_page(ImportRow.objects.values(*columns), order=_ORDER, request=query.page, descending=True)
    return page.mapped(lambda rows: [ImportSummary.of(import_of(ImportRow(**row))) for row in rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class GetImport(Query[ImportView]):
    """One import, with what there is to say of its records."""

    refusals = (ImportNotFound,)

    import_id: UUID


def get_import(query: GetImport) -> ImportView:
    """The import as it is now. Raises ImportNotFound."""
    row = ImportRow.objects.filter(id=query.import_id).first()
    if row is None:
        raise ImportNotFound
    return shown_with_records(import_of(row))


@dataclass(frozen=True, slots=True, kw_only=True)
class Originals:
    """Records as they stand in a file of this format, each one alone."""

    format: FileFormat
    records: Iterator[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedOriginals(Query[Originals]):
    """The records that an import has rejected, as they were given."""

    refusals = (ImportNotFound,)

    import_id: UUID


def rejected_originals(query: RejectedOriginals) -> Originals:
    """Those that were kept, in the order of the file, read as they are taken. Raises ImportNotFound."""
    row = ImportRow.objects.filter(id=query.import_id).only("id", "format").first()
    if row is None:
        raise ImportNotFound
    return Originals(format=FileFormat(row.format), records=_originals(row.id))


def _originals(id: UUID) -> Iterator[bytes]:
    kept = RejectedRecordRow.objects.filter(owner_id=id).order_by("number").values_list("number", "original")
    chunk = list(kept[:_TOGETHER])
    while chunk:
        yield from (bytes(original) for _, original in chunk)
        chunk = list(kept.filter(number__gt=chunk[-1][0])[:_TOGETHER])
