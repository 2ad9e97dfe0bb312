"""The stack ends as Docker ends it. The last module that uses the running stack: nothing is left of it."""

import signal
from time import monotonic

import pytest

from tests.infrastructure.stack.conftest import Running
from tests.infrastructure.stack.stack import PROCESSES, eventually

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.rabbitmq,
    pytest.mark.xdist_group("stack"),
    pytest.mark.timeout(400),
]

GRACE_SECONDS = 10.0


class TestEachProcessOfTheStack:
    def test_ends_within_ten_seconds_of_sigterm(self, running: Running) -> None:
        stack = running.stack
        begun = monotonic()
        stack.send(signal.SIGTERM, PROCESSES)
        eventually(lambda: not stack.running(), within=GRACE_SECONDS, instead=stack.running)
        assert monotonic() - begun < GRACE_SECONDS
