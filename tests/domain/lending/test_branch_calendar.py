from datetime import UTC, date, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from lending.domain.branch_calendar import (
    AlwaysClosed,
    BranchCalendar,
    Closure,
    ClosureInvalid,
    ClosureOverlaps,
)
from tests.domain.lending.examples import NOW

MAIN = BranchCalendar(code="MAIN", name="Main", time_zone=ZoneInfo("UTC"))
BERLIN = BranchCalendar(code="B", name="Berlin", time_zone=ZoneInfo("Europe/Berlin"))


def due_at(
    calendar: BranchCalendar, *, borrowed_at: datetime, days: int, not_after: date | None = None
) -> datetime:
    from_day = calendar.day_of(borrowed_at)
    return calendar.due_at(after=borrowed_at, from_day=from_day, days=days, not_after=not_after)


def last_second(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 23, 59, 59, tzinfo=UTC)


class TestADueDate:
    @pytest.mark.parametrize(("days", "due"), [(14, (2024, 1, 29)), (21, (2024, 2, 5)), (30, (2024, 2, 14))])
    def test_is_the_last_second_of_the_branchs_day(self, days: int, due: tuple[int, int, int]) -> None:
        borrowed_at = datetime(2024, 1, 15, 10, tzinfo=UTC)
        assert due_at(MAIN, borrowed_at=borrowed_at, days=days) == last_second(*due)

    def test_counts_days_of_the_branchs_zone_across_a_change_of_clocks(self) -> None:
        borrowed_at = datetime(2024, 3, 24, 23, 30, tzinfo=UTC)  # the 25th in Berlin, winter time
        assert due_at(BERLIN, borrowed_at=borrowed_at, days=7) == datetime(2024, 4, 1, 21, 59, 59, tzinfo=UTC)

    @pytest.mark.parametrize("computed", [1, 4, 6])
    def test_moves_on_to_an_open_day(self, computed: int) -> None:
        closure = Closure(id=uuid4(), first_on=date(2000, 1, 1), last_on=date(2000, 1, 5), reason="New Year")
        calendar = BranchCalendar(
            code="MAIN", name="Main", time_zone=ZoneInfo("UTC"), closed_weekdays=[6], closures=[closure]
        )
        borrowed_at = datetime(1999, 12, 20, 9, tzinfo=UTC)
        days = (date(2000, 1, computed) - date(1999, 12, 20)).days
        assert due_at(calendar, borrowed_at=borrowed_at, days=days) == last_second(2000, 1, 6)

    def test_never_lies_after_the_memberships_end(self) -> None:
        borrowed_at = datetime(2024, 1, 15, tzinfo=UTC)
        due = due_at(MAIN, borrowed_at=borrowed_at, days=14, not_after=date(2024, 1, 20))
        assert due == last_second(2024, 1, 20)

    def test_moves_back_to_an_open_day_before_the_memberships_end(self) -> None:
        weekdays = BranchCalendar(
            code="W", name="Weekdays", time_zone=ZoneInfo("UTC"), closed_weekdays=[5, 6]
        )
        borrowed_at = datetime(2024, 1, 15, tzinfo=UTC)
        due = due_at(weekdays, borrowed_at=borrowed_at, days=14, not_after=date(2024, 1, 21))
        assert due == last_second(2024, 1, 19)

    def test_lies_after_the_borrowing_even_in_a_days_last_second(self) -> None:
        borrowed_at = datetime(2024, 1, 15, 23, 59, 59, 500_000, tzinfo=UTC)
        due = due_at(MAIN, borrowed_at=borrowed_at, days=14, not_after=date(2024, 1, 15))
        assert due == last_second(2024, 1, 16)

    def test_keeps_to_the_year_in_which_it_falls(self) -> None:
        assert due_at(MAIN, borrowed_at=datetime(2023, 12, 31, 23, tzinfo=UTC), days=14) == last_second(
            2024, 1, 14
        )


class TestAClosure:
    def test_may_not_overlap_another(self) -> None:
        calendar = BranchCalendar(code="X", name="X", time_zone=ZoneInfo("UTC"))
        calendar.close(first_on=date(2024, 5, 1), last_on=date(2024, 5, 3), reason="move", at=NOW)
        with pytest.raises(ClosureOverlaps):
            calendar.close(first_on=date(2024, 5, 3), last_on=date(2024, 5, 4), reason="again", at=NOW)

    @pytest.mark.parametrize("last_on", [date(2024, 4, 30), date(2034, 5, 1)])
    def test_ends_after_it_begins_and_within_two_years(self, last_on: date) -> None:
        with pytest.raises(ClosureInvalid):
            MAIN.close(first_on=date(2024, 5, 1), last_on=last_on, reason="move", at=NOW)

    def test_leaves_one_open_day_in_the_week(self) -> None:
        with pytest.raises(AlwaysClosed):
            BranchCalendar(code="X", name="X", time_zone=ZoneInfo("UTC"), closed_weekdays=range(7))


class TestDaysOverdue:
    DUE = datetime(2024, 1, 29, 23, 59, 59, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("at", "days"),
        [
            (datetime(2024, 1, 20, tzinfo=UTC), 0),
            (datetime(2024, 1, 29, 23, 59, 59, tzinfo=UTC), 0),
            (datetime(2024, 1, 30, tzinfo=UTC), 1),
            (datetime(2024, 2, 15, 9, tzinfo=UTC), 17),
        ],
    )
    def test_are_days_of_the_branch_since_the_due_day(self, at: datetime, days: int) -> None:
        assert MAIN.days_overdue(due_at=self.DUE, at=at) == days
