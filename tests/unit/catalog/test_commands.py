from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from catalog.domain.book import BookNotFound
from catalog.domain.copy import DuplicateBarcode
from catalog.services.book_details import Availability
from catalog.services.commands.add_book import AddBook, add_book
from catalog.services.commands.add_copy import AddCopy, add_copy
from catalog.services.commands.count_borrowing import CountBorrowing, count_borrowing
from catalog.services.copy_details import CopyDetails
from shared_kernel.domain.errors import Refused
from shared_kernel.domain.money import Money
from shared_kernel.services.request_context import audit_subjects
from tests.unit.catalog.fakes import FakeWork, FixedClock, OneBranch

MIDDLEMARCH = AddBook(title=" Middlemarch ", authors=("Eliot, George",), isbn="0-14-143954-8", year=1871)


class TestAddingABook:
    def test_answers_the_book_as_it_was_understood(self) -> None:
        work = FakeWork()
        answer = add_book(MIDDLEMARCH, work, clock=FixedClock())
        (book,) = work.books.new
        assert (answer.id, answer.title, answer.isbn) == (book.id, "Middlemarch", "9780141439549")
        assert answer.version == 1
        assert answer.availability == Availability(copies=0, lendable=0, available=0, holds_waiting=0)

    def test_may_bring_copies_along(self) -> None:
        work = FakeWork()
        answer = add_book(AddBook(title="x", authors=("y",), copies=3), work, clock=FixedClock())
        assert {copy.book_id for copy in work.copies.all.values()} == {answer.id}
        assert len(work.copies.all) == 3
        assert answer.availability.available == 3

    def test_is_refused_with_every_reason(self) -> None:
        work = FakeWork()
        with pytest.raises(Refused) as refused:
            add_book(AddBook(title="", authors=(), isbn="1"), work, clock=FixedClock())
        codes = [each.code for each in refused.value.refusals]
        assert codes == ["invalid_title", "invalid_authors", "invalid_isbn"]
        assert not work.books.new

    def test_puts_its_id_on_record(self) -> None:
        with audit_subjects() as subjects:
            answer = add_book(MIDDLEMARCH, FakeWork(), clock=FixedClock())
        assert subjects == {"book": str(answer.id)}


class TestAddingACopy:
    @pytest.fixture
    def work(self) -> FakeWork:
        work = FakeWork()
        add_book(MIDDLEMARCH, work, clock=FixedClock())
        work.commit()
        return work

    def add(self, work: FakeWork, command: AddCopy) -> CopyDetails:
        return add_copy(command, work, clock=FixedClock(), circulation=OneBranch())

    def test_answers_the_copy_free_and_in_service(self, work: FakeWork) -> None:
        (book,) = work.books.all
        price = Money(Decimal("12.50"), "EUR")
        answer = self.add(work, AddCopy(book=book, barcode="0042", item_type="dvd", price=price))
        assert answer == CopyDetails(
            id=answer.id,
            barcode="0042",
            book=book,
            item_type="dvd",
            branch="MAIN",
            condition="in_service",
            price=price,
            state="free",
        )

    def test_makes_a_barcode_up_if_there_is_none(self, work: FakeWork) -> None:
        (book,) = work.books.all
        assert self.add(work, AddCopy(book=book)).barcode in work.copies.all

    def test_is_refused_for_a_book_that_is_not_there(self) -> None:
        with pytest.raises(BookNotFound):
            self.add(FakeWork(), AddCopy(book=uuid4()))

    @pytest.mark.parametrize("branch", ["NOWHERE", "", "main", "MAIN\x00", "M" * 21, "MÄIN"])
    def test_is_refused_with_every_reason(self, work: FakeWork, branch: str) -> None:
        (book,) = work.books.all
        with pytest.raises(Refused) as refused:
            self.add(work, AddCopy(book=book, barcode="/", item_type="Book", branch=branch))
        codes = [each.code for each in refused.value.refusals]
        assert codes == ["invalid_barcode", "invalid_item_type", "unknown_branch"]

    def test_is_refused_for_a_barcode_that_another_copy_has(self, work: FakeWork) -> None:
        (book,) = work.books.all
        self.add(work, AddCopy(book=book, barcode="0042"))
        with pytest.raises(DuplicateBarcode):
            self.add(work, AddCopy(book=book, barcode=" 0042"))


class TestCountingABorrowing:
    def test_counts_for_the_book_and_the_month(self) -> None:
        work, book = FakeWork(), uuid4()
        for month in (date(2024, 1, 1), date(2024, 1, 1), date(2024, 2, 1)):
            count_borrowing(CountBorrowing(book=book, month=month), work)
        assert work.borrowings.counts == {(book, date(2024, 1, 1)): 2, (book, date(2024, 2, 1)): 1}
