"""RabbitMQ goes down and comes back; nobody at the desk notices."""

from collections.abc import Iterator
from statistics import median

import pytest

from tests.e2e.installation import Installation
from tests.e2e.observation import eventually

pytestmark = pytest.mark.xdist_group("library")

ROUNDS = 12


@pytest.fixture
def _broker_comes_back(library: Installation) -> Iterator[None]:
    yield
    library.broker.start_app()


def seconds_of_lending(library: Installation) -> float:
    """The median time of a borrowing and of a return, each followed by a look at the loan."""
    desk, [barcode], patron = library.desk, library.desk.add_copies(), library.desk.register()
    taken = []
    for _ in range(ROUNDS):
        lent = desk.borrow(barcode, patron)
        seen = desk.get(f"/api/v1/loans/{lent.json['id']}")
        returned = desk.give_back(barcode)
        assert (lent.status, seen.status, returned.status) == (201, 200, 200)
        taken += [lent.seconds, seen.seconds, returned.seconds]
    return median(taken)


@pytest.mark.usefixtures("_broker_comes_back")
class TestWhileTheBrokerIsDown:
    def test_lending_goes_on_as_before_and_all_is_delivered_afterwards(self, library: Installation) -> None:
        usual = seconds_of_lending(library)
        library.broker.stop_app()
        assert seconds_of_lending(library) < 2 * usual + 0.05
        eventually(
            lambda: library.degraded == (200, ["rabbitmq"]), within=30, instead=lambda: library.degraded
        )
        assert library.ledger.under_way()["unpublished"] >= 2 * ROUNDS
        library.broker.start_app()
        library.ledger.comes_out_even(within=30)
        eventually(lambda: library.degraded == (200, []), within=30, instead=lambda: library.degraded)
