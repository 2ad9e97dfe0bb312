"""Every process ends in order when it is told to, and nothing that was begun is lost."""

import signal

import pytest

from tests.e2e.installation import EVERYTHING, Installation
from tests.e2e.observation import eventually, logged_errors

pytestmark = pytest.mark.xdist_group("library")

GRACE_SECONDS = 10.0


class TestTerminatingEveryProcessUnderLoad:
    def test_ends_each_within_ten_seconds_and_loses_nothing(self, library: Installation) -> None:
        system, patron = library.system, library.desk.register()
        before = system.log_lengths()
        answered = library.lend_while(lambda: system.send(signal.SIGTERM, EVERYTHING), to=patron)
        eventually(lambda: not system.running(), within=GRACE_SECONDS, instead=system.running)
        assert logged_errors(system.logs(after=before)) == ""
        system.start(*EVERYTHING)
        library.ledger.comes_out_even(within=30)
        assert library.open_loans(patron) >= answered
