"""Deletes delivered events and other records past their retention."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from outbox.models import InboxEntry, OutboxMessage, QuarantinedMessage
from shared_kernel.models import IdempotencyRecord
from shared_kernel.services.audit import prune_denials
from shared_kernel.services.idempotency import KEPT_FOR

CHUNK_SIZE = 1000
RETENTION_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneResult:
    """How many rows were deleted."""

    messages: int
    inbox_entries: int
    quarantined: int
    answers: int
    denials: int


def prune(*, days: int = RETENTION_DAYS) -> PruneResult:
    """Delete, in small transactions, events published and quarantined messages replayed over `days` ago.

    Inbox entries stay twice as long: as long as an event can be redelivered, its consumer must recognise it.
    Stored results of idempotent requests are deleted when they expire, denials in the audit after
    AUDIT_DENIALS_KEPT_DAYS. Other audit entries are kept.
    """
    now = timezone.now()
    cutoff = now - timedelta(days=days)
    return PruneResult(
        messages=_delete(OutboxMessage.objects.filter(published_at__lt=cutoff)),
        inbox_entries=_delete(InboxEntry.objects.filter(received_at__lt=now - timedelta(days=2 * days))),
        quarantined=_delete(QuarantinedMessage.objects.filter(replayed_at__lt=cutoff)),
        answers=_delete(IdempotencyRecord.objects.filter(claimed_at__lt=now - KEPT_FOR)),
        denials=prune_denials(before=now - timedelta(days=settings.AUDIT_DENIALS_KEPT_DAYS)),
    )


def _delete(rows: models.QuerySet[Any]) -> int:  # of any of them
    deleted = 0
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:CHUNK_SIZE]):
        deleted += rows.filter(pk__in=ids).delete()[0]
    return deleted
