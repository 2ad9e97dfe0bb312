"""Books revised and removed, Copies taken out of service."""

from uuid import UUID, uuid4

import pytest

from catalog.domain.book import BookNotFound
from catalog.domain.copy import Condition, Copy, CopyNotFound, InvalidCondition
from catalog.services.book_details import BookDetails
from catalog.services.commands.add_book import AddBook, add_book
from catalog.services.commands.change_copy_condition import (
    ChangeCopyCondition,
    MarkCopyMissing,
    change_copy_condition,
    mark_copy_missing,
)
from catalog.services.commands.remove_book import RemoveBook, remove_book
from catalog.services.commands.revise_book import ReviseBook, revise_book
from catalog.services.copy_details import CopyDetails
from shared_kernel.domain.errors import PreconditionFailed, Refused
from shared_kernel.domain.text import ReasonRequired
from shared_kernel.services.request_context import audit_subjects
from tests.unit.catalog.fakes import FakeWork, FixedClock, InUse, OneBranch

CLOCK = FixedClock()
X, Y, Z = "9780141439549", "9780743273565", "9780201616224"


@pytest.fixture
def work() -> FakeWork:
    work = FakeWork()
    command = AddBook(title="Midlemarch", authors=("Eliot, George",), isbn=X, year=1871, copies=2)
    add_book(command, work, clock=CLOCK)
    work.commit()
    return work


@pytest.fixture
def book(work: FakeWork) -> UUID:
    (book,) = work.books.all
    return book


def copies(work: FakeWork) -> list[Copy]:
    return list(work.copies.all.values())


class TestRevisingABook:
    def revise(self, work: FakeWork, command: ReviseBook) -> BookDetails:
        return revise_book(command, work, clock=CLOCK, circulation=OneBranch())

    def test_changes_what_is_said_and_nothing_else(self, work: FakeWork, book: UUID) -> None:
        answer = self.revise(work, ReviseBook(book=book, title="Middlemarch", language="en"))
        assert (answer.title, answer.language, answer.year) == ("Middlemarch", "en", 1871)
        assert (answer.isbn, answer.version, answer.availability.available) == (X, 2, 2)

    def test_forgets_what_is_said_to_be_unknown(self, work: FakeWork, book: UUID) -> None:
        answer = self.revise(work, ReviseBook(book=book, year=None, isbn=None))
        assert (answer.year, answer.isbn) == (None, None)

    def test_puts_another_isbn_in_the_place_of_its_own_and_keeps_the_others(
        self, work: FakeWork, book: UUID
    ) -> None:
        stored = work.books.all[book]
        described = stored.description.parse(title="x", authors=["y"], isbns=[X, Y])
        stored.revise(described, at=CLOCK.now())
        self.revise(work, ReviseBook(book=book, isbn=Z))
        assert [isbn.digits for isbn in stored.description.isbns] == [Z, Y]

    def test_counts_its_copies(self, work: FakeWork, book: UUID) -> None:
        first, second = copies(work)
        first.change_condition(Condition.DAMAGED, reason="wet", at=CLOCK.now())
        availability = self.revise(work, ReviseBook(book=book)).availability
        assert (availability.copies, availability.lendable) == (2, 1)
        second.change_condition(Condition.WITHDRAWN, reason="sold", at=CLOCK.now())
        assert self.revise(work, ReviseBook(book=book)).availability.copies == 1

    def test_that_changes_nothing_is_no_revision(self, work: FakeWork, book: UUID) -> None:
        assert self.revise(work, ReviseBook(book=book, title="Midlemarch")).version == 1

    def test_is_refused_for_a_version_that_is_gone(self, work: FakeWork, book: UUID) -> None:
        with pytest.raises(PreconditionFailed):
            self.revise(work, ReviseBook(book=book, version=7, title="Middlemarch"))

    def test_is_refused_with_every_reason(self, work: FakeWork, book: UUID) -> None:
        with pytest.raises(Refused) as refused:
            self.revise(work, ReviseBook(book=book, title="", authors=(), isbn="1", year=10_000))
        codes = [each.code for each in refused.value.refusals]
        assert codes == ["invalid_title", "invalid_authors", "invalid_isbn", "invalid_year"]

    def test_is_refused_for_a_book_that_is_not_there(self, work: FakeWork) -> None:
        with pytest.raises(BookNotFound):
            self.revise(work, ReviseBook(book=uuid4(), title="x"))


class TestRemovingABook:
    def remove(self, work: FakeWork, book: UUID, circulation: OneBranch | None = None) -> None:
        remove_book(RemoveBook(book=book), work, clock=CLOCK, circulation=circulation or OneBranch())

    def test_takes_its_withdrawn_copies_along(self, work: FakeWork, book: UUID) -> None:
        for copy in copies(work):
            copy.change_condition(Condition.WITHDRAWN, reason="sold", at=CLOCK.now())
        self.remove(work, book)
        assert not work.books.all
        assert not work.copies.all

    def test_is_refused_while_it_has_copies_and_somebody_waits(self, work: FakeWork, book: UUID) -> None:
        with pytest.raises(Refused) as refused:
            self.remove(work, book, OneBranch(ties={book: "holds"}))
        assert [each.code for each in refused.value.refusals] == ["has_copies", "in_use"]
        assert "2 copies" in str(refused.value)
        assert book in work.books.all


class TestChangingACopysCondition:
    def change(self, work: FakeWork, circulation: OneBranch | None = None, **fields: str) -> CopyDetails:
        command = ChangeCopyCondition(**{"barcode": next(iter(work.copies.all)), **fields})
        return change_copy_condition(command, work, clock=CLOCK, circulation=circulation or OneBranch())

    def test_answers_the_copy(self, work: FakeWork) -> None:
        answer = self.change(work, condition="damaged", reason="wet")
        assert (answer.condition, answer.state) == ("damaged", "out_of_service")

    def test_puts_its_ids_and_the_reason_on_record(self, work: FakeWork, book: UUID) -> None:
        with audit_subjects() as subjects:
            answer = self.change(work, condition="damaged", reason="wet")
        assert subjects == {"copy": str(answer.id), "book": str(book)}
        assert ChangeCopyCondition(barcode="1", condition="damaged", reason="wet").comment == "wet"

    def test_is_refused_without_a_reason(self, work: FakeWork) -> None:
        with pytest.raises(ReasonRequired):
            self.change(work, condition="missing")

    def test_withdraws_none_that_somebody_has(self, work: FakeWork, book: UUID) -> None:
        lent = OneBranch(ties={book: "loans"})
        with pytest.raises(InUse):
            self.change(work, lent, condition="withdrawn", reason="sold")
        assert self.change(work, lent, condition="damaged", reason="wet").condition == "damaged"

    @pytest.mark.parametrize("barcode", ["nobody", "/", ""])
    def test_of_none_that_is_there_is_refused(self, work: FakeWork, barcode: str) -> None:
        with pytest.raises(CopyNotFound):
            self.change(work, barcode=barcode, condition="in_service")

    def test_to_something_unheard_of_is_refused(self, work: FakeWork) -> None:
        with pytest.raises(InvalidCondition):
            self.change(work, condition="lost", reason="x")


class TestACopyThatIsNotOnItsShelf:
    def mark(self, work: FakeWork, copy: UUID) -> None:
        mark_copy_missing(MarkCopyMissing(copy=copy), work, clock=CLOCK)

    def test_is_missing(self, work: FakeWork) -> None:
        copy = copies(work)[0]
        self.mark(work, copy.id)
        assert (copy.condition, copy.reason) == (Condition.MISSING, "not found on the shelf")

    def test_stays_as_it_is_where_it_is_out_of_service_already(self, work: FakeWork) -> None:
        copy = copies(work)[0]
        copy.change_condition(Condition.WITHDRAWN, reason="sold", at=CLOCK.now())
        self.mark(work, copy.id)
        assert copy.condition is Condition.WITHDRAWN

    def test_may_be_gone(self, work: FakeWork) -> None:
        self.mark(work, uuid4())
