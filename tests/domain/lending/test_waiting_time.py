from datetime import timedelta

from lending.domain.waiting_time import estimated_ready_at
from tests.domain.lending.examples import NOW

DAY = timedelta(days=1)


def estimate(position: int, *due_in_days: int, delay: int = 0) -> int | None:
    """In how many days a copy is expected."""
    ready_at = estimated_ready_at(
        position=position,
        due_dates=[NOW + days * DAY for days in due_in_days],
        usual_delay=delay * DAY,
        turn=21 * DAY,
        now=NOW,
    )
    return None if ready_at is None else (ready_at - NOW).days


class TestTheEstimate:
    def test_is_when_the_copy_for_this_place_is_due(self) -> None:
        assert [estimate(place, 9, 3, 6) for place in (1, 2, 3)] == [3, 6, 9]

    def test_allows_for_the_usual_delay(self) -> None:
        assert estimate(1, 3, delay=2) == 5

    def test_expects_what_is_late_already_now(self) -> None:
        assert estimate(1, -10, delay=2) == 0

    def test_lets_each_copy_serve_one_after_the_other(self) -> None:
        assert [estimate(place, 3, 6) for place in (3, 4, 5)] == [24, 27, 45]

    def test_is_not_made_where_no_copy_is_out(self) -> None:
        assert estimate(1) is None
