"""SendGrid fails for a while: it is left alone, and each letter is sent once all the same."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.installation import Installation
from tests.e2e.observation import eventually

pytestmark = pytest.mark.xdist_group("library")


@pytest.fixture
def _sendgrid_recovers(library: Installation) -> Iterator[None]:
    yield
    library.sendgrid.behave("202")


def breaker(library: Installation) -> Any:  # the JSON of a breaker
    """SendGrid's breaker, as the web server shows it."""
    shown = library.desk.get("/health/circuit-breakers").json["circuit_breakers"]
    return next(each for each in shown if each["name"] == "sendgrid")


@pytest.mark.usefixtures("_sendgrid_recovers")
class TestWhileSendGridFails:
    def test_its_breaker_opens_for_all_to_see_and_closes_when_it_works_again(
        self, library: Installation
    ) -> None:
        assert breaker(library)["state"] == "closed"
        library.sendgrid.behave("500")
        patron = library.desk.register()
        for barcode in library.desk.add_copies(5):
            library.desk.lend(barcode, patron)
        eventually(lambda: breaker(library)["state"] == "open", within=30)
        assert breaker(library)["failures"] >= breaker(library)["failure_threshold"] == 3
        eventually(lambda: library.desk.get("/health/ready").json["degraded"] == ["sendgrid"], within=30)
        assert library.desk.get("/health/ready").status == 200
        library.sendgrid.behave("202")
        library.ledger.comes_out_even(within=30)
        eventually(lambda: breaker(library)["state"] == "closed", within=30)
