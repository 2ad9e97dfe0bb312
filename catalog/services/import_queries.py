"""What can be asked about imports."""

from dataclasses import dataclass
from uuid import UUID

from catalog.models import ImportRow
from catalog.services.import_answers import ImportSummary, ImportView
from catalog.services.import_rows import import_of, shown_with_records
from catalog.services.imports import ImportNotFound
from shared_kernel.services.bus import Query
from shared_kernel.services.pages import Page, PageRequest, keyset_page

_ORDER = ("created_at", "id")


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

    import_id: UUID


def get_import(query: GetImport) -> ImportView:
    """The import as it is now. Raises ImportNotFound."""
    row = ImportRow.objects.filter(id=query.import_id).first()
    if row is None:
        raise ImportNotFound
    return shown_with_records(import_of(row))
