"""Lending as in a plain Django application: the same locks and rows with the ORM, without rules."""

import json
from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from benchmarks.lending import Lending
from benchmarks.psycopg_reference import LoanEvent
from lending.models import HoldQueueRow, LoanRow
from outbox.models import OutboxMessage
from patrons.models import PatronRow
from shared_kernel.models import AuditEntry


def borrow(lending: Lending) -> None:
    """Write the same rows as BorrowBook."""
    now, event_id, correlation = timezone.now(), uuid4(), str(uuid4())
    with transaction.atomic():
        PatronRow.objects.select_for_update().get(card_number=lending.card)
        HoldQueueRow.objects.select_for_update().get(book_id=lending.book)
        loan = LoanRow.objects.create(
            id=uuid4(),
            version=1,
            copy_id=lending.copy,
            book_id=lending.book,
            patron_id=lending.patron,
            branch="MAIN",
            barcode=lending.barcode,
            title=lending.title,
            item_type="book",
            borrowed_at=now,
            due_at=now + timedelta(days=14),
            state=LoanRow.State.OPEN,
            renewals=0,
            due_version=1,
            terms=json.loads(lending.terms),
        )
        borrowed = LoanEvent.borrowed(loan.id, at=now, due_at=loan.due_at)
        OutboxMessage.objects.create(
            event_id=event_id,
            type=borrowed.type,
            aggregate_id=loan.id,
            aggregate_version=1,
            payload=borrowed.payload(lending, event_id=event_id, correlation=correlation),
            recorded_at=now,
        )
        AuditEntry.objects.create(
            at=now,
            principal="system",
            door="internal",
            action=borrowed.action,
            outcome=AuditEntry.Outcome.DONE,
            subjects=borrowed.subjects(lending),
            correlation_id=correlation,
        )
