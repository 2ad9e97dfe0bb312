"""A patron is told, once for each hold, that it is the first unsuspended one that waits for a copy."""

import json

import pytest

from lending.models import HoldRow
from outbox.models import OutboxMessage
from tests.factories import a_book, a_copy, a_loan
from tests.factories_patrons import a_patron
from tests.integration.lending.desk import Desk

pytestmark = pytest.mark.django_db


def holds_of(desk: Desk, book: object, count: int) -> list[str]:
    return [desk.hold(book, a_patron().card_number).json()["id"] for _ in range(count)]


def became_first() -> list[str]:
    """The holds that events named, oldest first."""
    rows = OutboxMessage.objects.filter(type="lending.hold_became_first.v1").order_by("id")
    return [json.loads(payload)["data"]["hold_id"] for payload in rows.values_list("payload", flat=True)]


class TestBecomingFirstInTheQueue:
    def test_is_recorded_for_the_first_to_wait_alone(self, desk: Desk) -> None:
        first, _ = holds_of(desk, a_loan().book, 2)
        assert became_first() == [first]

    def test_says_whether_the_hold_has_advanced_since_it_was_placed(self, desk: Desk) -> None:
        first, second = holds_of(desk, a_loan().book, 2)
        desk.post(f"/holds/{first}/cancel")
        rows = OutboxMessage.objects.filter(type="lending.hold_became_first.v1").order_by("id")
        events = [json.loads(payload)["data"] for payload in rows.values_list("payload", flat=True)]
        assert [(it["hold_id"], it["has_advanced"]) for it in events] == [(first, False), (second, True)]

    def test_is_not_recorded_for_a_hold_that_is_served_at_once(self, desk: Desk) -> None:
        copy = a_copy()
        _, waiting = holds_of(desk, copy.book, 2)
        assert became_first() == [waiting]

    @pytest.mark.parametrize("end", ["cancel", "suspend"])
    def test_goes_to_the_next_when_the_first_no_longer_waits(self, desk: Desk, end: str) -> None:
        first, second = holds_of(desk, a_loan().book, 2)
        assert desk.post(f"/holds/{first}/{end}").status_code == 200
        assert became_first() == [first, second]

    def test_goes_to_the_next_when_the_first_is_served(self, desk: Desk) -> None:
        loan = a_loan()
        first, second, _ = holds_of(desk, loan.book, 3)
        desk.give_back(loan.copy_barcode)
        assert became_first() == [first, second]

    def test_goes_to_whom_staff_move_to_the_front(self, desk: Desk) -> None:
        loan = a_loan()
        first, second, third = holds_of(desk, loan.book, 3)
        assert desk.put(f"/books/{loan.book}/holds", order=[third, first, second]).status_code == 200
        assert became_first() == [first, third]

    def test_is_recorded_once_for_each_hold(self, desk: Desk) -> None:
        loan = a_loan()
        first, second = holds_of(desk, loan.book, 2)
        for _ in range(2):
            desk.post(f"/holds/{first}/suspend")
            desk.post(f"/holds/{first}/resume")
        assert became_first() == [first, second]
        assert HoldRow.objects.filter(became_first=True).count() == 2

    def test_is_of_one_book_alone(self, desk: Desk) -> None:
        one, other = a_loan(), a_loan()
        holds = [*holds_of(desk, one.book, 1), *holds_of(desk, other.book, 1)]
        assert became_first() == holds

    def test_passes_over_a_served_hold_whose_copy_is_missing_until_it_waits_again(self, desk: Desk) -> None:
        book = a_book()
        a_copy(book=book.id)
        served, waiting = holds_of(desk, book.id, 2)
        assert became_first() == [waiting]
        assert desk.post(f"/holds/{served}/not-found").json()["state"] == "waiting"
        assert became_first() == [waiting, served]
