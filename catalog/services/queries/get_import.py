"""Get one import."""

from dataclasses import dataclass
from uuid import UUID

from catalog.models import ImportRow
from catalog.services.imports.details import ImportDetails
from catalog.services.imports.job import ImportNotFound
from catalog.services.imports.rows import import_details, import_from_row
from shared_kernel.services.bus import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class GetImport(Query[ImportDetails]):
    """One import, with what there is to say of its records."""

    refusals = (ImportNotFound,)

    import_id: UUID


def get_import(query: GetImport) -> ImportDetails:
    """The import as it is now. Raises ImportNotFound."""
    row = ImportRow.objects.filter(id=query.import_id).first()
    if row is None:
        raise ImportNotFound
    return import_details(import_from_row(row))
