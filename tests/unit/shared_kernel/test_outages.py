"""An absence is logged when it begins and when it ends, and seldom in between."""

import pytest
from structlog.testing import capture_logs

from shared_kernel.resilience.outages import REMIND_SECONDS, SETTLE_SECONDS, Outage


class TestAnOutage:
    @pytest.mark.parametrize("name", ["database", "broker", "tables", "folder"])
    def test_is_logged_twice_however_often_it_is_noticed(self, name: str) -> None:
        now = 0.0
        outage = Outage(name, clock=lambda: now)
        with capture_logs() as lines:
            for _ in range(500):
                outage.failed("OSError")
                now += 1.0
            outage.over()
            outage.over()
        assert [line["event"] for line in lines] == [f"{name}_away", f"{name}_back"]
        assert lines[0]["meanwhile"]
        assert (lines[1]["seconds"], lines[1]["attempts"]) == (500, 500)
        assert not outage.is_on

    def test_that_lasts_is_recalled_now_and_then(self) -> None:
        now = 0.0
        outage = Outage("broker", clock=lambda: now)
        with capture_logs() as lines:
            for _ in range(int(3 * REMIND_SECONDS)):
                outage.failed("OSError")
                now += 1.0
        assert [line["event"] for line in lines] == ["broker_away", "broker_still_away", "broker_still_away"]
        assert lines[1]["attempts"] == REMIND_SECONDS + 1

    def test_may_come_again(self) -> None:
        now = 0.0
        outage = Outage("database", clock=lambda: now)
        with capture_logs() as lines:
            for _ in range(2):
                outage.failed("OperationalError")
                outage.over()
                now += SETTLE_SECONDS
        assert [line["event"] for line in lines] == ["database_away", "database_back"] * 2

    def test_is_not_over_and_over_again_while_the_service_starts(self) -> None:
        now = 0.0
        outage = Outage("broker", clock=lambda: now)
        with capture_logs() as lines:
            for _ in range(int(SETTLE_SECONDS)):
                outage.failed("OSError")
                outage.over()
                now += 1.0
        assert [line["event"] for line in lines] == ["broker_away", "broker_back"]

    def test_that_begins_just_after_another_is_logged_when_it_lasts(self) -> None:
        now = 0.0
        outage = Outage("broker", clock=lambda: now)
        with capture_logs() as lines:
            outage.failed("OSError")
            outage.over()
            for _ in range(int(SETTLE_SECONDS) + 1):
                outage.failed("OSError")
                now += 1.0
            outage.over()
        assert [line["event"] for line in lines] == ["broker_away", "broker_back"] * 2
        assert lines[-1]["seconds"] == SETTLE_SECONDS + 1
