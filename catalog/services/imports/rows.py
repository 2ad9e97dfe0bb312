"""The rows of an import, as what they stand for."""

from uuid import UUID

from catalog.domain.import_states import FileFormat, ImportState
from catalog.models import BookRow, ImportedBookRow, ImportRemarkRow, ImportRow
from catalog.services.imports.details import ImportDetails, KeptBook
from catalog.services.imports.job import Import
from catalog.services.imports.report import ImportReport, Rejection

_SHOWN = 1000


def import_details(shown: Import) -> ImportDetails:
    """The import with what there is to say of its records, a thousand of each kind."""
    return ImportDetails.with_records(
        shown,
        rejected=_said(shown.id, rejected=True),
        remarks=_said(shown.id, rejected=False),
        kept=_kept(shown.id),
    )


def _said(id: UUID, *, rejected: bool) -> list[Rejection]:
    rows = ImportRemarkRow.objects.filter(owner_id=id, rejected=rejected).order_by("number", "id")
    return [Rejection(number=row.number, reason=row.reason) for row in rows[:_SHOWN]]


def _kept(id: UUID) -> list[KeptBook]:
    rows = list(ImportedBookRow.objects.filter(owner_id=id).exclude(kept="").order_by("id")[:_SHOWN])
    titles = dict(BookRow.objects.filter(id__in=[row.book_id for row in rows]).values_list("id", "title"))
    return [KeptBook(book=row.book_id, title=titles.get(row.book_id, ""), reason=row.kept) for row in rows]


def import_from_row(row: ImportRow) -> Import:
    """The import of a row."""
    return Import(
        id=row.id,
        name=row.name,
        format=FileFormat(row.format),
        encoding=row.encoding or None,
        size=row.size,
        total=row.total,
        in_database=row.in_database,
        state=ImportState(row.state),
        created_at=row.created_at,
        finished_at=row.finished_at,
        handled=row.handled,
        report=ImportReport(
            created=row.created, updated=row.updated, unchanged=row.unchanged, copies=row.copies
        ),
        rejected=row.rejected,
        removed=row.removed,
        kept=row.kept,
        failure=row.failure,
        claim=row.claim,
        claimed_until=row.claimed_until,
    )
