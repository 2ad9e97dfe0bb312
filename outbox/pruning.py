"""Forgetting what was delivered long ago."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from outbox.models import InboxReceipt, OutboxMessage, QuarantinedMessage
from shared_kernel.models import Receipt
from shared_kernel.services.audit import prune_denials
from shared_kernel.services.idempotency import KEPT_FOR

CHUNK = 1000
KEPT_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How many rows went."""

    messages: int
    receipts: int
    quarantined: int
    answers: int
    denials: int


def prune(*, days: int = KEPT_DAYS) -> Pruned:
    """Delete, in small transactions, events published and quarantined messages replayed over `days` ago.

    Receipts stay twice as long: while an event can still be sent again, its consumer must know it. Answers to
    repeated requests go as soon as they are not given again, denials in the audit after
    AUDIT_DENIALS_KEPT_DAYS. What was done or refused stays on record.
    """
    now = timezone.now()
    cutoff = now - timedelta(days=days)
    return Pruned(
        messages=_delete(OutboxMessage.objects.filter(published_at__lt=cutoff)),
        receipts=_delete(InboxReceipt.objects.filter(received_at__lt=now - timedelta(days=2 * days))),
        quarantined=_delete(QuarantinedMessage.objects.filter(replayed_at__lt=cutoff)),
        answers=_delete(Receipt.objects.filter(claimed_at__lt=now - KEPT_FOR)),
        denials=prune_denials(before=now - timedelta(days=settings.AUDIT_DENIALS_KEPT_DAYS)),
    )


def _delete(rows: models.QuerySet[Any]) -> int:  # of any of them
    deleted = 0
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        deleted += rows.filter(pk__in=ids).delete()[0]
    return deleted
