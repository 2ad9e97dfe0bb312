"""List the imports."""

from dataclasses import dataclass

from catalog.models import ImportRow
from catalog.services.imports.details import ImportSummary
from catalog.services.imports.rows import import_from_row
from shared_kernel.services.bus import Query
from shared_kernel.services.pagination import Page, PageRequest, keyset_page

_ORDER = ("created_at", "id")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListImports(Query[Page[ImportSummary]]):
    """The imports, the latest first."""

    page: PageRequest


def list_imports(query: ListImports) -> Page[ImportSummary]:
    """One page, by one SQL query."""
    columns = [field.attname for field in ImportRow._meta.concrete_fields]
    page = keyset_page(ImportRow.objects.values(*columns), order=_ORDER, request=query.page, descending=True)
    return page.mapped(lambda rows: [ImportSummary.of(import_from_row(ImportRow(**row))) for row in rows])
