from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from lending.domain.branch_calendar import ClosureNotFound
from lending.domain.branch_calendar_events import BranchAdded, ClosureAdded, ClosureRemoved
from lending.domain.hold_queue_events import HoldDeadlineChanged
from lending.domain.loan import Loan
from lending.domain.loan_events import LoanDueDateChanged
from lending.services.calendar_details import BranchDetails, ClosureDetails
from lending.services.commands.add_branch import AddBranch, add_branch
from lending.services.commands.add_closure import AddClosure, add_closure
from lending.services.commands.borrow_book import BorrowBook, borrow_book
from lending.services.commands.cancel_hold import CancelHold, cancel_hold
from lending.services.commands.place_hold import PlaceHold, place_hold
from lending.services.commands.redate_hold import RedateHold, redate_hold
from lending.services.commands.redate_loan import RedateLoan, redate_loan
from lending.services.commands.remove_closure import RemoveClosure, remove_closure
from lending.services.commands.return_book import ReturnBook, return_book
from lending.services.ports import BranchExists, BranchNotFound
from shared_kernel.domain.errors import Refused
from tests.unit.lending.fakes import FakeLending


class Library:
    """One copy, lent on 15 January for 14 days."""

    def __init__(self, *, expires_on: date | None = None) -> None:
        self.work = FakeLending()
        self.wired: dict[str, Any] = {"gateways": self.work.gateways, "clock": self.work.clock}
        self.work.patrons.register("P1", expires_on=expires_on)
        self.work.patrons.register("P2")
        self.book = uuid4()
        self.work.copies.add("0001", book=self.book)
        borrow_book(BorrowBook(copy_barcode="0001", patron_card="P1"), self.work, **self.wired)
        (self.loan,) = self.work.loans.all.values()
        self.loan.pull_events()

    def close(self, first_day: int, last_day: int) -> ClosureDetails:
        days = {"first_on": date(2024, 1, first_day), "last_on": date(2024, 1, last_day)}
        return add_closure(
            AddClosure(branch="MAIN", **days, reason="works"), self.work, clock=self.work.clock
        )

    def redate(self) -> bool:
        return redate_loan(RedateLoan(loan=self.loan.id), self.work, **self.wired)

    def hold_ready(self) -> UUID:
        hold = place_hold(PlaceHold(book=self.book, patron_card="P2"), self.work, **self.wired)
        return_book(ReturnBook(copy_barcode="0001"), self.work, **self.wired)
        self.work.holds.all[self.book].pull_events()
        return hold.id


def due_on(loan: Loan) -> tuple[int, int]:
    return (loan.due_at.month, loan.due_at.day)


class TestAddingABranch:
    def test_founds_it_with_its_zone(self) -> None:
        work = FakeLending()
        branch = AddBranch(code="EAST", name=" East ", time_zone="Europe/Berlin", closed_weekdays=(6, 0))
        view = add_branch(branch, work, clock=work.clock)
        assert view == BranchDetails(
            code="EAST", name="East", time_zone="Europe/Berlin", closed_weekdays=[0, 6]
        )
        ((event, _),) = work.calendars.of("EAST").pull_events()
        assert isinstance(event, BranchAdded)

    def test_is_refused_under_a_code_that_is_taken(self) -> None:
        work = FakeLending()
        with pytest.raises(BranchExists):
            add_branch(AddBranch(code="MAIN", name="Main", time_zone="UTC"), work, clock=work.clock)

    def test_is_refused_with_every_detail_that_cannot_be(self) -> None:
        work = FakeLending()
        with pytest.raises(Refused) as refused:
            add_branch(AddBranch(code="a b", name=" ", time_zone="Mars"), work, clock=work.clock)
        assert [each.code for each in refused.value.refusals] == [
            "branch_code_invalid",
            "branch_name_invalid",
            "unknown_time_zone",
        ]


class TestAClosure:
    def test_is_added_and_taken_back(self) -> None:
        library = Library()
        closure = library.close(28, 30)
        calendar = library.work.calendars.of("MAIN")
        assert not calendar.is_open(date(2024, 1, 30))
        remove_closure(
            RemoveClosure(branch="MAIN", closure=closure.id), library.work, clock=library.work.clock
        )
        assert calendar.is_open(date(2024, 1, 30))
        events = [type(event) for event, _ in calendar.pull_events()]
        assert events == [ClosureAdded, ClosureRemoved]

    def test_of_a_strange_branch_or_id_is_not_found(self) -> None:
        library = Library()
        clock = library.work.clock
        with pytest.raises(ClosureNotFound):
            remove_closure(RemoveClosure(branch="MAIN", closure=uuid4()), library.work, clock=clock)
        with pytest.raises(BranchNotFound):
            remove_closure(RemoveClosure(branch="X", closure=uuid4()), library.work, clock=clock)


class TestRedatingALoan:
    def test_moves_it_to_the_next_open_day_and_tells_once(self) -> None:
        library = Library()
        library.close(28, 30)
        assert library.redate()
        assert (due_on(library.loan), library.loan.due_version) == ((1, 31), 2)
        ((event, _),) = library.loan.pull_events()
        assert isinstance(event, LoanDueDateChanged)
        assert (event.previous_due_at.day, event.due_at.day, event.due_version) == (29, 31, 2)
        assert not library.redate()

    def test_leaves_an_open_day_as_it_is(self) -> None:
        library = Library()
        library.close(27, 28)
        assert not library.redate()
        assert due_on(library.loan) == (1, 29)

    @pytest.mark.parametrize(
        ("expires_on", "due"),
        [
            (date(2024, 1, 31), (1, 31)),
            (date(2024, 1, 30), (1, 27)),
            (date(2024, 1, 29), (1, 27)),
            (None, (1, 31)),
        ],
    )
    def test_keeps_to_the_end_of_the_membership(self, expires_on: date | None, due: tuple[int, int]) -> None:
        library = Library(expires_on=expires_on)
        library.close(28, 30)
        library.redate()
        assert due_on(library.loan) == due

    def test_leaves_it_where_no_open_day_is_left_of_the_membership(self) -> None:
        library = Library(expires_on=date(2024, 1, 30))
        library.work.clock.at = datetime(2024, 1, 28, 12, tzinfo=UTC)
        library.close(28, 30)
        assert not library.redate()
        assert due_on(library.loan) == (1, 29)

    def test_leaves_one_that_has_come_back(self) -> None:
        library = Library()
        return_book(ReturnBook(copy_barcode="0001"), library.work, **library.wired)
        library.loan.pull_events()
        library.close(28, 30)
        assert not library.redate()


class TestRedatingAHold:
    def test_moves_its_deadline_to_the_next_open_day_and_tells_once(self) -> None:
        library = Library()
        hold_id = library.hold_ready()
        library.close(20, 23)
        redate = RedateHold(hold=hold_id)
        assert redate_hold(redate, library.work, clock=library.work.clock)
        queue = library.work.holds.all[library.book]
        ((event, _),) = queue.pull_events()
        assert isinstance(event, HoldDeadlineChanged)
        assert (event.previous_deadline_at.day, event.pickup_deadline_at.day) == (22, 24)
        assert (event.hold_id, event.barcode, event.pickup_branch) == (hold_id, "0001", "MAIN")
        assert not redate_hold(redate, library.work, clock=library.work.clock)

    def test_leaves_one_that_only_waits_or_has_ended(self) -> None:
        library = Library()
        hold = place_hold(PlaceHold(book=library.book, patron_card="P2"), library.work, **library.wired)
        library.work.holds.all[library.book].pull_events()
        library.close(16, 30)
        assert not redate_hold(RedateHold(hold=hold.id), library.work, clock=library.work.clock)
        cancel_hold(CancelHold(hold=hold.id), library.work, **library.wired)
        assert not redate_hold(RedateHold(hold=hold.id), library.work, clock=library.work.clock)
