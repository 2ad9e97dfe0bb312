"""What the audit has on record about one thing."""

from uuid import UUID

from django.db.models import QuerySet

from shared_kernel.models import AuditEntry
from shared_kernel.subject_ids import LOOKED_UP, SubjectId


def entries_about(*, kind: str, id: UUID) -> QuerySet[AuditEntry]:
    """The entries that concern the copy, loan or patron with this id, found by an index. In no order yet."""
    if kind not in LOOKED_UP:
        raise ValueError(f"entries can be looked up by {', '.join(LOOKED_UP)}, not by {kind}")
    concerned = AuditEntry.objects.alias(concerned=SubjectId(kind=kind))
    return concerned.filter(concerned=str(id)).order_by()
