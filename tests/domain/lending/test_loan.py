from datetime import UTC, datetime, timedelta

import pytest

from lending.domain.loan import LoanAlreadyReturned, LoanState, ReturnedBeforeBorrowed
from lending.domain.loan_events import BookBorrowed, BookReturned
from tests.domain.lending.examples import NOW, borrowed_loan


class TestALoan:
    def test_begins_with_a_borrowing_that_is_its_first_version(self) -> None:
        loan = borrowed_loan()
        ((event, version),) = loan.pull_events()
        assert isinstance(event, BookBorrowed)
        assert (version, event.aggregate_id, event.book_title) == (1, loan.id, "Middlemarch")

    def test_ends_with_the_return(self) -> None:
        loan = borrowed_loan()
        loan.bring_back(at=NOW + timedelta(days=5), scanned_at=NOW + timedelta(days=5), days_overdue=0)
        assert (loan.state, loan.returned_at) == (LoanState.RETURNED, NOW + timedelta(days=5))
        assert [version for _, version in loan.pull_events()] == [1, 2]

    @pytest.mark.parametrize(
        ("at", "days", "was_overdue"),
        [(datetime(2024, 1, 20, tzinfo=UTC), 0, False), (datetime(2024, 2, 15, tzinfo=UTC), 17, True)],
    )
    def test_tells_with_its_return_whether_it_was_overdue(
        self, at: datetime, days: int, was_overdue: bool
    ) -> None:
        loan = borrowed_loan()
        loan.pull_events()
        loan.bring_back(at=at, scanned_at=at, days_overdue=days)
        ((event, _),) = loan.pull_events()
        assert isinstance(event, BookReturned)
        assert (event.was_overdue, event.days_overdue) == (was_overdue, days)

    def test_cannot_end_before_it_began(self) -> None:
        loan = borrowed_loan()
        with pytest.raises(ReturnedBeforeBorrowed):
            loan.bring_back(
                at=NOW - timedelta(seconds=1), scanned_at=NOW - timedelta(seconds=1), days_overdue=0
            )
        assert (loan.state, loan.returned_at, loan.version) == (LoanState.OPEN, None, 1)

    def test_ends_once(self) -> None:
        loan = borrowed_loan()
        loan.bring_back(at=NOW, scanned_at=NOW, days_overdue=0)
        with pytest.raises(LoanAlreadyReturned):
            loan.bring_back(at=NOW, scanned_at=NOW, days_overdue=0)

    def test_is_overdue_from_the_second_after_its_due_date_until_its_return(self) -> None:
        loan = borrowed_loan()
        assert not loan.is_overdue(loan.due_at)
        assert loan.is_overdue(loan.due_at + timedelta(seconds=1))
        loan.bring_back(
            at=loan.due_at + timedelta(days=1), scanned_at=loan.due_at + timedelta(days=1), days_overdue=1
        )
        assert not loan.is_overdue(loan.due_at + timedelta(days=2))
