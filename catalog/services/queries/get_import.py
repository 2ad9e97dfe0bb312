"""Get one import."""

from dataclasses import dataclass
from uuid import UUID

from catalog.models import ImportRow
from catalog.services.imports.details import ImportView
from catalog.services.imports.job import ImportNotFound
from catalog.services.imports.rows import import_of, shown_with_records
from shared_kernel.services.bus import Query


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
