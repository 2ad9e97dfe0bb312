"""The rules of a circuit breaker, on a row that nobody stores."""

from datetime import UTC, datetime, timedelta

import pytest

from shared_kernel.models import Breaker
from shared_kernel.resilience.states import PROBE_LEASE, Limits, close, hold_open, release_probe

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
LIMITS = Limits(failure_threshold=3, success_threshold=2, timeout=60.0)
REOPENING = NOON + timedelta(seconds=60)


@pytest.fixture
def row() -> Breaker:
    return Breaker(name="sendgrid", changed_at=NOON)


def fail(row: Breaker, *, times: int = 1, probe: datetime | None = None, at: datetime = NOON) -> None:
    for _ in range(times):
        LIMITS.fail(row, probe, failure="ServiceFailure", at=at)


def probe(row: Breaker, *, at: datetime = REOPENING) -> datetime:
    lease = LIMITS.take_probe(row, at=at)
    assert lease
    return lease


class TestAClosedBreaker:
    def test_opens_at_the_threshold_and_not_before(self, row: Breaker) -> None:
        fail(row, times=2)
        assert LIMITS.state(row, at=NOON) == "closed"
        fail(row)
        assert LIMITS.state(row, at=NOON) == "open"
        assert row.last_failure == "ServiceFailure"

    def test_counts_only_failures_in_a_row(self, row: Breaker) -> None:
        fail(row, times=2)
        LIMITS.succeed(row, None)
        fail(row, times=2)
        assert LIMITS.state(row, at=NOON) == "closed"

    def test_has_nothing_to_retry(self, row: Breaker) -> None:
        assert LIMITS.retry_at(row) is None
        assert LIMITS.take_probe(row, at=NOON) is None


class TestAnOpenBreaker:
    @pytest.fixture(autouse=True)
    def _open(self, row: Breaker) -> None:
        fail(row, times=3)

    def test_lets_no_probe_pass_before_its_time(self, row: Breaker) -> None:
        assert LIMITS.retry_at(row) == REOPENING
        assert LIMITS.take_probe(row, at=REOPENING - timedelta(microseconds=1)) is None

    def test_is_half_open_once_its_time_is_over(self, row: Breaker) -> None:
        assert LIMITS.state(row, at=REOPENING) == "half_open"

    def test_is_not_moved_by_calls_that_began_before_it_opened(self, row: Breaker) -> None:
        fail(row, at=NOON + timedelta(seconds=30))
        LIMITS.succeed(row, None)
        assert LIMITS.retry_at(row) == REOPENING


class TestAHalfOpenBreaker:
    @pytest.fixture(autouse=True)
    def _open(self, row: Breaker) -> None:
        fail(row, times=3)

    def test_lets_one_probe_pass_at_a_time(self, row: Breaker) -> None:
        lease = probe(row)
        assert LIMITS.take_probe(row, at=REOPENING) is None
        LIMITS.succeed(row, lease)
        assert probe(row) == lease

    def test_closes_after_enough_successful_probes(self, row: Breaker) -> None:
        LIMITS.succeed(row, probe(row))
        assert LIMITS.state(row, at=REOPENING) == "half_open"
        LIMITS.succeed(row, probe(row))
        assert LIMITS.state(row, at=REOPENING) == "closed"
        assert row.failures == 0

    def test_opens_again_at_one_failure_and_forgets_the_successes(self, row: Breaker) -> None:
        LIMITS.succeed(row, probe(row))
        fail(row, probe=probe(row), at=REOPENING)
        assert LIMITS.state(row, at=REOPENING) == "open"
        later = REOPENING + timedelta(seconds=60)
        LIMITS.succeed(row, probe(row, at=later))
        assert LIMITS.state(row, at=later) == "half_open"

    def test_makes_room_when_a_probe_says_nothing_about_the_service(self, row: Breaker) -> None:
        release_probe(row, probe(row))
        assert LIMITS.state(row, at=REOPENING) == "half_open"
        assert probe(row) == REOPENING + PROBE_LEASE

    def test_takes_the_lease_from_a_prober_that_died(self, row: Breaker) -> None:
        first = probe(row)
        assert LIMITS.take_probe(row, at=first - timedelta(microseconds=1)) is None
        assert probe(row, at=first) == first + PROBE_LEASE

    def test_ignores_a_prober_that_comes_back_too_late(self, row: Breaker) -> None:
        first = probe(row)
        second = probe(row, at=first)
        fail(row, probe=first, at=first)
        LIMITS.succeed(row, first)
        release_probe(row, first)
        assert (row.state, row.successes, row.probe_until) == ("half_open", 0, second)

    def test_is_not_moved_by_calls_that_began_while_it_was_closed(self, row: Breaker) -> None:
        LIMITS.succeed(row, probe(row))
        LIMITS.succeed(row, None)
        fail(row)
        assert (row.state, row.successes) == ("half_open", 1)


class TestResetting:
    def test_closes_from_any_state(self, row: Breaker) -> None:
        fail(row, times=3)
        close(row)
        assert LIMITS.state(row, at=NOON) == "closed"
        assert LIMITS.retry_at(row) is None


class TestABreakerHeldOpen:
    @pytest.fixture(autouse=True)
    def _held(self, row: Breaker) -> None:
        hold_open(row, at=NOON)

    def test_lets_no_probe_pass_however_long_it_lasts(self, row: Breaker) -> None:
        years = NOON + timedelta(days=1000)
        assert LIMITS.state(row, at=years) == "open"
        assert LIMITS.retry_at(row) is None
        assert LIMITS.take_probe(row, at=years) is None

    def test_heeds_no_call_that_was_under_way(self, row: Breaker) -> None:
        close(row)
        fail(row, times=3)
        lease = probe(row)
        hold_open(row, at=REOPENING)
        LIMITS.succeed(row, lease)
        fail(row, probe=lease)
        assert (row.state, row.held_open, row.successes) == ("open", True, 0)

    def test_is_closed_by_whoever_closes_it(self, row: Breaker) -> None:
        close(row)
        assert (LIMITS.state(row, at=NOON), row.held_open) == ("closed", False)
