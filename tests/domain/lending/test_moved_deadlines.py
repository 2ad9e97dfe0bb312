from datetime import UTC, date, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lending.domain.branch_calendar import BranchCalendar, Closure, ClosureInvalid
from lending.domain.branch_details import BranchCodeInvalid, BranchNameInvalid, branch_code, branch_name
from lending.domain.hold import Hold
from lending.domain.hold_queue import FreeCopy, HoldQueue, Pickup
from lending.domain.hold_queue_events import HoldDeadlineChanged
from tests.domain.lending.examples import COPY, NOW

DUE = datetime(2024, 1, 29, 23, 59, 59, tzinfo=UTC)


def calendar(*closed: tuple[date, date], zone: str = "UTC", weekdays: tuple[int, ...] = ()) -> BranchCalendar:
    closures = [Closure(id=uuid4(), first_on=first, last_on=last, reason="works") for first, last in closed]
    return BranchCalendar(
        code="MAIN", name="Main", time_zone=ZoneInfo(zone), closed_weekdays=weekdays, closures=closures
    )


def january(first: int, last: int) -> tuple[date, date]:
    return date(2024, 1, first), date(2024, 1, last)


def day(at: datetime) -> tuple[int, int]:
    return at.month, at.day


class TestADeadline:
    def test_stays_on_an_open_day_whatever_its_hour(self) -> None:
        noon = DUE.replace(hour=12)
        assert calendar(january(30, 31)).moved_to_open_day(noon, now=NOW) == noon

    def test_moves_to_the_end_of_the_next_open_day(self) -> None:
        assert calendar(january(29, 30), weekdays=(2,)).moved_to_open_day(DUE, now=NOW) == datetime(
            2024, 2, 1, 23, 59, 59, tzinfo=UTC
        )

    def test_falls_on_a_day_of_the_branch(self) -> None:
        at_midnight_utc = datetime(2024, 1, 29, 4, 59, 59, tzinfo=UTC)  # the 28th in New York
        new_york = calendar(january(28, 28), zone="America/New_York")
        moved = new_york.moved_to_open_day(at_midnight_utc, now=NOW)
        assert moved == datetime(2024, 1, 30, 4, 59, 59, tzinfo=UTC)

    @pytest.mark.parametrize(
        # Its last day may lie in the past: then there is no better day than the old one.
        ("not_after", "moved"),
        [(29, (1, 28)), (30, (1, 28)), (31, (1, 31)), (15, (1, 15)), (1, (1, 29))],
    )
    def test_moves_back_where_the_next_open_day_is_too_late(
        self, not_after: int, moved: tuple[int, int]
    ) -> None:
        found = calendar(january(29, 30)).moved_to_open_day(DUE, now=NOW, not_after=date(2024, 1, not_after))
        assert day(found) == moved

    def test_stays_where_no_open_day_is_left(self) -> None:
        later = datetime(2024, 1, 28, 12, tzinfo=UTC)
        found = calendar(january(28, 31)).moved_to_open_day(DUE, now=later, not_after=date(2024, 1, 30))
        assert found == DUE

    @given(
        closed=st.tuples(st.integers(1, 31), st.integers(1, 31)).map(sorted),
        weekdays=st.sets(st.integers(0, 6), max_size=6),
        due=st.integers(16, 31),
        ends=st.none() | st.dates(date(2024, 1, 1), date(2024, 3, 1)),
    )
    def test_moves_once_and_then_stays(
        self, closed: list[int], weekdays: set[int], due: int, ends: date | None
    ) -> None:
        branch = calendar(january(closed[0], closed[1]), weekdays=tuple(weekdays))
        once = branch.moved_to_open_day(DUE.replace(day=due), now=NOW, not_after=ends)
        assert branch.moved_to_open_day(once, now=NOW, not_after=ends) == once
        assert once > NOW


class TestAClosure:
    @pytest.mark.parametrize("day", [date(1, 1, 1), date(1899, 12, 31), date(3000, 1, 1), date(9999, 12, 31)])
    def test_lies_where_every_day_is_an_instant_in_every_zone(self, day: date) -> None:
        with pytest.raises(ClosureInvalid):
            calendar().close(first_on=day, last_on=day, reason="works", at=NOW)

    @pytest.mark.parametrize("day", [date(1900, 1, 1), date(2999, 12, 31)])
    def test_may_lie_at_the_edges(self, day: date) -> None:
        branch = calendar(zone="Pacific/Kiritimati")
        branch.close(first_on=day, last_on=day, reason="works", at=NOW)
        assert branch.moved_to_open_day(branch.end_of(day), now=NOW) > branch.start_of(day)


class TestABranchsDetails:
    @pytest.mark.parametrize("text", ["", "main", "-A", "A B", "Ä", "A" * 21, "A\n"])
    def test_have_a_code_that_fits_a_label(self, text: str) -> None:
        with pytest.raises(BranchCodeInvalid):
            branch_code(text)

    @pytest.mark.parametrize("text", ["", " ", "\u200b", "a\nb", "x" * 201])
    def test_have_a_name_that_shows(self, text: str) -> None:
        with pytest.raises(BranchNameInvalid):
            branch_name(text)


class TestAReadyHold:
    def queue(self) -> tuple[HoldQueue, Hold]:
        queue = HoldQueue(book_id=COPY.book_id, book_title="Middlemarch")
        hold = Hold(id=uuid4(), patron_id=uuid4(), placed_at=NOW, pickup_branch=None)
        queue.place(hold, at=NOW)
        return queue, hold

    def test_is_postponed_and_tells_from_when_to_when(self) -> None:
        queue, hold = self.queue()
        queue.allocate(FreeCopy(id=COPY.id, barcode="0001", branch="MAIN"), at=NOW)
        queue.make_ready(hold.id, Pickup(branch="MAIN", deadline_at=DUE), at=NOW)
        queue.pull_events()
        later = DUE.replace(day=30)
        queue.extend_pickup(hold.id, deadline_at=later, at=NOW)
        queue.extend_pickup(hold.id, deadline_at=later, at=NOW)
        ((event, _),) = queue.pull_events()
        assert isinstance(event, HoldDeadlineChanged)
        assert (event.previous_deadline_at, event.pickup_deadline_at) == (DUE, later)
        assert hold.pickup_deadline_at == later

    def test_is_left_alone_before_it_is_ready(self) -> None:
        queue, hold = self.queue()
        queue.pull_events()
        queue.extend_pickup(hold.id, deadline_at=DUE, at=NOW)
        assert (queue.pull_events(), hold.pickup_deadline_at) == ([], None)
