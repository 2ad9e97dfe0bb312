"""Processes are killed at the worst moment; starting them again is the whole repair."""

from collections.abc import Iterator

import pytest

from tests.e2e.installation import Installation
from tests.e2e.observation import event_listener, eventually, queue_length

pytestmark = pytest.mark.xdist_group("library")

REPAIRED_WITHIN = 30.0


@pytest.fixture(autouse=True)
def _everything_runs_afterwards(library: Installation) -> Iterator[None]:
    yield
    library.start_missing()


def killed_at(failpoint: str) -> dict[str, str]:
    """The settings with which a process kills itself there."""
    return {"LIBRARY_TESTING": "1", "LIBRARY_FAILPOINTS": f"{failpoint}:kill"}


def dies(library: Installation, name: str) -> None:
    """Wait for a process's end."""
    eventually(
        lambda: not library.system.processes[name].is_running(),
        within=REPAIRED_WITHIN,
        instead=lambda: f"{name} lives",
    )


class TestAConsumerKilledBetweenCommitAndAck:
    def test_takes_effect_once_and_sends_one_letter(self, library: Installation) -> None:
        system, patron = library.system, library.desk.register()
        before, meanwhile, after = library.desk.add_copies(3)
        library.desk.lend(before, patron)
        # Whatever is still under way would be what the consumer dies of.
        library.ledger.comes_out_even(within=REPAIRED_WITHIN)
        system.stop("consumer-patrons")
        system.start("consumer-patrons", **killed_at("consumer.before_ack"))
        library.desk.lend(meanwhile, patron)
        dies(library, "consumer-patrons")
        eventually(lambda: queue_length("patrons.events", library.broker.url) == 1, within=REPAIRED_WITHIN)
        system.start("consumer-patrons")
        library.desk.lend(after, patron)
        eventually(lambda: len(library.letters_to(patron)) >= 3, within=REPAIRED_WITHIN)
        library.ledger.comes_out_even(within=REPAIRED_WITHIN)
        for barcode in (before, meanwhile, after):
            assert sum(barcode in letter for letter in library.letters_to(patron)) == 1


@pytest.mark.parametrize("name", ["relay", "worker"])
class TestARelayKilledBetweenConfirmAndMark:
    def test_publishes_the_event_again_and_sends_one_letter(self, library: Installation, name: str) -> None:
        system, patron, [barcode] = library.system, library.desk.register(), library.desk.add_copies()
        library.ledger.comes_out_even(within=REPAIRED_WITHIN)
        system.stop("relay", "worker")  # neither is to publish for the other
        with event_listener(library.broker.url, to="lending.#") as ear:
            system.start(name, **killed_at("relay.before_mark"))
            loan = library.desk.lend(barcode, patron)
            dies(library, name)
            assert library.ledger.under_way()["unpublished"] == 1
            system.start("relay", "worker")
            library.ledger.comes_out_even(within=REPAIRED_WITHIN)
            first, again = ear.about(loan)
            assert first.text == again.text
        assert len(library.letters_to(patron)) == 1


class TestAWebServerKilledWhileItLends:
    def test_leaves_each_loan_whole_or_undone(self, library: Installation) -> None:
        patron = library.desk.register()
        answered = library.lend_while(library.system.processes["web"].kill, to=patron)
        library.system.start("web")
        library.ledger.comes_out_even(within=REPAIRED_WITHIN)
        assert library.open_loans(patron) >= answered
