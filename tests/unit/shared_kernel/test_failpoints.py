"""Failpoints do what a test asked for, and nothing at any other time."""

import os
import signal
import subprocess
import sys
import time

import pytest
from pytest_django import Settings

from shared_kernel.resilience.failpoints import FailpointReached, failpoint, read_failpoints

KILLED_AT_THE_SECOND_HIT = """
from django.conf import settings
settings.configure(LIBRARY_TESTING=True, LIBRARY_FAILPOINTS="relay.before_mark:kill@2")
from shared_kernel.resilience.failpoints import failpoint
failpoint("relay.before_mark")
print("alive", flush=True)
failpoint("relay.before_mark")
print("still alive", flush=True)
"""


@pytest.fixture(autouse=True)
def _testing(settings: Settings) -> None:
    settings.LIBRARY_TESTING = True
    read_failpoints.cache_clear()


class TestAFailpoint:
    def test_does_nothing_where_none_is_named(self, settings: Settings) -> None:
        settings.LIBRARY_FAILPOINTS = ""
        failpoint("relay.before_mark")

    def test_does_nothing_where_another_is_named(self, settings: Settings) -> None:
        settings.LIBRARY_FAILPOINTS = "relay.before_publish:raise"
        failpoint("relay.before_mark")

    def test_does_nothing_outside_of_tests(self, settings: Settings) -> None:
        settings.LIBRARY_TESTING = False
        settings.LIBRARY_FAILPOINTS = "relay.before_mark:raise"
        failpoint("relay.before_mark")

    def test_raises_by_its_name(self, settings: Settings) -> None:
        settings.LIBRARY_FAILPOINTS = "relay.before_publish:kill, relay.before_mark:raise"
        with pytest.raises(FailpointReached, match=r"^relay\.before_mark$"):
            failpoint("relay.before_mark")

    def test_acts_at_the_hit_that_was_asked_for_alone(self, settings: Settings) -> None:
        settings.LIBRARY_FAILPOINTS = "relay.before_mark:raise@2"
        failpoint("relay.before_mark")
        with pytest.raises(FailpointReached):
            failpoint("relay.before_mark")
        failpoint("relay.before_mark")

    def test_waits(self, settings: Settings) -> None:
        settings.LIBRARY_FAILPOINTS = "relay.before_mark:sleep=0.05"
        began = time.monotonic()
        failpoint("relay.before_mark")
        assert time.monotonic() - began >= 0.05

    def test_kills_the_process_on_the_spot(self) -> None:
        done = subprocess.run(
            [sys.executable, "-c", KILLED_AT_THE_SECOND_HIT],
            capture_output=True,
            text=True,
            env=os.environ,
            check=False,
        )
        assert (done.returncode, done.stdout) == (-signal.SIGKILL, "alive\n")


class TestReadingFailpoints:
    @pytest.mark.parametrize(
        "text",
        [
            "relay",
            "relay:",
            "relay:explode",
            "relay:sleep",
            "relay:sleep=soon",
            "relay:kill@0",
            "a:kill;b:kill",
        ],
    )
    def test_refuses_what_it_would_not_do(self, text: str) -> None:
        with pytest.raises(ValueError, match="is no failpoint"):
            read_failpoints(text)

    def test_takes_an_empty_text_for_none(self) -> None:
        assert read_failpoints("") == {}
