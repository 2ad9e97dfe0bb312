"""What the catalogue hears from other contexts, and what it tells them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog import public
from catalog.models import BorrowingCountRow
from catalog.subscribers import count_borrowing
from outbox.envelope import ReceivedEvent
from shared_kernel.domain.money import Money
from shared_kernel.models import AuditEntry
from tests.factories import a_book, a_copy

pytestmark = pytest.mark.django_db


def borrowed(book: UUID, at: datetime) -> ReceivedEvent:
    return ReceivedEvent(
        id=uuid4(),
        type="lending.book_borrowed.v1",
        source="/lending",
        subject=uuid4(),
        time=at,
        data={"book_id": str(book), "copy_id": str(uuid4()), "something_new": True},
        aggregateversion=1,
        correlationid="test",
    )


class TestHearingOfABorrowing:
    def test_counts_it_for_the_month_in_utc(self) -> None:
        book = a_book().id
        recorded = AuditEntry.objects.count()
        for text in ("2024-01-31T23:30:00-05:00", "2024-02-29T23:59:59+00:00", "2024-03-01T00:30:00+01:00"):
            count_borrowing(borrowed(book, datetime.fromisoformat(text)))
        row = BorrowingCountRow.objects.get()
        assert (row.book_id, row.month, row.count) == (book, date(2024, 2, 1), 3)
        assert AuditEntry.objects.count() == recorded

    def test_counts_it_also_for_a_book_that_has_gone(self) -> None:
        count_borrowing(borrowed(uuid4(), datetime(2024, 1, 15, tzinfo=UTC)))
        assert BorrowingCountRow.objects.get().count == 1


class TestAskingForCopies:
    def test_by_barcode_costs_one_query(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        book = a_book(title="Romola")
        copy = a_copy(book=book.id, barcode="0042", price=Money(Decimal("12.50"), "EUR"))
        with django_assert_num_queries(1):
            facts = public.copy_by_barcode(" 0042 ")
        assert facts == public.CopyFacts(
            id=copy.id,
            barcode="0042",
            book_id=book.id,
            title="Romola",
            item_type="book",
            branch="MAIN",
            condition="in_service",
            price=Money(Decimal("12.50"), "EUR"),
        )

    @pytest.mark.parametrize("barcode", ["", "42", "0042\x00", "\ud800", "x" * 10_000])
    def test_by_an_unknown_barcode_finds_none(self, barcode: str) -> None:
        a_copy(barcode="0042")
        assert public.copy_by_barcode(barcode) is None

    def test_in_numbers_costs_one_query(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        book = a_book(title="Romola")
        copies = [a_copy(book=book.id, barcode=barcode) for barcode in ("2", "1")]
        a_copy()
        with django_assert_num_queries(1):
            assert [copy.barcode for copy in public.copies_of_book(book.id)] == ["1", "2"]
        with django_assert_num_queries(1):
            assert set(public.copies_by_id([*(copy.id for copy in copies), uuid4()])) == {
                copy.id for copy in copies
            }
        with django_assert_num_queries(1):
            assert public.titles_of_books([book.id, uuid4()]) == {book.id: "Romola"}
