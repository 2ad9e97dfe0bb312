"""The audit: what it has on record about one thing, and the three changes that an entry may ever suffer.

On PostgreSQL those are functions of the database that belong to the owner of the tables: the application's
own role can't change or delete an entry (docs/adr).
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from shared_kernel.models import AuditEntry
from shared_kernel.services.redaction import Identity, redact
from shared_kernel.subject_ids import LOOKED_UP, SubjectId

#: Stands in the audit for the login of somebody who is not to be known any more.
ANONYMISED: Final = "somebody"
_CHUNK = 1000


def entries_about(*, kind: str, id: UUID) -> QuerySet[AuditEntry]:
    """The entries that concern the copy, loan or patron with this id, found by an index. In no order yet."""
    if kind not in LOOKED_UP:
        raise ValueError(f"entries can be looked up by {', '.join(LOOKED_UP)}, not by {kind}")
    concerned = AuditEntry.objects.alias(concerned=SubjectId(kind=kind))
    return concerned.filter(concerned=str(id)).order_by()


def erase_comments(entries: QuerySet[AuditEntry]) -> None:
    """Empty the comments of these entries."""
    ids = list(entries.exclude(comment="").values_list("id", flat=True))
    if connection.vendor == "postgresql":
        _call("kernel_audit_forget_comments(%s::bigint[])", ids)
    else:
        AuditEntry.objects.filter(id__in=ids).update(comment="")


def redact_comments(identity: Identity) -> None:
    """Strike a person out of every comment, whatever the entry is about."""
    commented = AuditEntry.objects.exclude(comment="").order_by("id")
    batch = list(commented[:_CHUNK])
    while batch:
        for entry in batch:
            if passages := identity.mentions_in(entry.comment):
                _strike(entry, passages)
        batch = list(commented.filter(id__gt=batch[-1].pk)[:_CHUNK])


def _strike(entry: AuditEntry, passages: Sequence[str]) -> None:
    if connection.vendor == "postgresql":
        _call("kernel_audit_strike(%s, %s::text[])", entry.pk, list(passages))
    else:
        AuditEntry.objects.filter(pk=entry.pk).update(comment=redact(entry.comment, passages))


def anonymise_entries(ids: Collection[int], *, principal: str) -> None:
    """Anonymise these entries about loans and holds: remove the patron, the comment and this principal."""
    if connection.vendor == "postgresql":
        _call("kernel_audit_dissociate(%s::bigint[], %s)", list(ids), principal)
        return
    entries = list(AuditEntry.objects.filter(id__in=ids))
    for entry in entries:
        entry.subjects = {kind: id_ for kind, id_ in entry.subjects.items() if kind != "patron"}
        entry.comment = ""
        if entry.principal == principal:
            entry.principal = ANONYMISED
    AuditEntry.objects.bulk_update(entries, ["subjects", "comment", "principal"], batch_size=100)


def prune_denials(*, before: datetime) -> int:
    """Delete denials from before this instant, in small transactions; return how many."""
    old = AuditEntry.objects.filter(outcome=AuditEntry.Outcome.DENIED, at__lt=before).order_by("pk")
    deleted = 0
    while ids := list(old.values_list("pk", flat=True)[:_CHUNK]):
        if connection.vendor == "postgresql":
            _call("kernel_audit_delete_denials(%s::bigint[])", ids)
        else:
            AuditEntry.objects.filter(pk__in=ids).delete()
        deleted += len(ids)
    return deleted


def _call(function: str, *arguments: int | str | list[int] | list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}", arguments)
