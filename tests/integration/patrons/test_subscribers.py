from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from outbox.envelope import ReceivedEvent
from patrons.models import NoticeRow
from patrons.subscribers import owe_loan_receipt, owe_return_confirmation
from shared_kernel.models import AuditEntry

pytestmark = pytest.mark.django_db

PATRON = UUID(int=1)
BORROWED = {
    "copy_id": str(uuid4()),
    "book_id": str(uuid4()),
    "patron_id": str(PATRON),
    "branch": "MAIN",
    "due_at": "2024-01-29T23:59:59Z",
    "book_title": "Emma",
    "barcode": "B-1",
    "a_field_of_next_year": 1,
}


def event(kind: str, data: dict[str, Any]) -> ReceivedEvent:
    return ReceivedEvent(
        id=uuid4(),
        type=f"lending.{kind}.v1",
        source="/lending",
        subject=uuid4(),
        time=datetime(2024, 1, 15, 10, tzinfo=UTC),
        data=data,
        aggregateversion=1,
        correlationid="c",
    )


class TestABorrowing:
    def test_owes_the_patron_a_receipt_once(self) -> None:
        borrowed = event("book_borrowed", BORROWED)
        owe_loan_receipt(borrowed)
        owe_loan_receipt(borrowed)
        notice = NoticeRow.objects.get()
        assert (notice.event_id, notice.kind, notice.patron_id) == (borrowed.id, "loan_receipt", PATRON)
        assert notice.params == {"book_title": "Emma", "barcode": "B-1", "due_at": "2024-01-29T23:59:59Z"}
        assert not AuditEntry.objects.exists()

    def test_of_nobody_knows_whom_is_for_the_quarantine(self) -> None:
        with pytest.raises(KeyError):
            owe_loan_receipt(event("book_borrowed", {"barcode": "B-1"}))


class TestAReturn:
    def test_owes_the_patron_a_confirmation(self) -> None:
        owe_return_confirmation(
            event("book_returned", {**BORROWED, "was_overdue": True, "days_overdue": 17, "returned_at": "x"})
        )
        notice = NoticeRow.objects.get()
        assert notice.kind == "return_confirmation"
        assert (notice.params["was_overdue"], notice.params["days_overdue"]) == (True, 17)
