"""Many at once at the real web server, whose workers are processes of their own."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest

from tests.e2e.api_client import ApiResponse
from tests.e2e.installation import Installation
from tests.e2e.observation import BORROWED, event_listener, logged_errors

pytestmark = pytest.mark.xdist_group("library")


def at_once(*calls: Callable[[], ApiResponse]) -> Counter[int]:
    """Make all calls at the same moment and count the statuses of their answers."""
    barrier = Barrier(len(calls))

    def make(call: Callable[[], ApiResponse]) -> ApiResponse:
        barrier.wait(timeout=30)
        return call()

    with ThreadPoolExecutor(len(calls)) as crowd:
        return Counter(answer.status for answer in crowd.map(make, calls))


@pytest.fixture(autouse=True)
def _no_trouble_in_any_log(library: Installation) -> Iterator[None]:
    before = library.system.log_lengths()
    yield
    assert logged_errors(library.system.logs(after=before)) == ""


class TestTwentyPatronsWhoWantOneCopy:
    def test_see_it_lent_to_exactly_one_of_them_with_one_event(self, library: Installation) -> None:
        desk, [barcode] = library.desk, library.desk.add_copies()
        patrons = [desk.register() for _ in range(20)]
        with event_listener(library.broker.url, to=BORROWED) as ear:
            answers = at_once(*(partial(desk.borrow, barcode, patron) for patron in patrons))
            assert answers == {201: 1, 409: 19}
            library.ledger.comes_out_even(within=5)
            assert len(ear.listen()) == 1


class TestTwoCopiesForThePatronsLastSlot:
    @pytest.mark.parametrize("attempt", range(3))
    def test_are_not_both_lent(self, library: Installation, attempt: int) -> None:
        desk, patron = library.desk, library.desk.register(category="regular")
        *four, fifth, sixth = desk.add_copies(6)
        for barcode in four:
            desk.lend(barcode, patron)
        answers = at_once(partial(desk.borrow, fifth, patron), partial(desk.borrow, sixth, patron))
        assert answers == {201: 1, 409: 1}


class TestOneKeySentTenTimesAtOnce:
    def test_lends_once_and_is_always_answered_with_the_loan(self, library: Installation) -> None:
        desk, [barcode], patron = library.desk, library.desk.add_copies(), library.desk.register()
        again = partial(desk.borrow, barcode, patron, key=f"{barcode}-borrow")
        assert at_once(*[again] * 10) == {201: 10}
        library.ledger.comes_out_even(within=5)
