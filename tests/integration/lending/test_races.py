"""Real threads on the real database, each with a connection of its own."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from catalog.services.commands.change_copy_condition import ChangeCopyCondition
from lending.models import LoanRow
from outbox.models import OutboxMessage
from patrons.services.commands.suspend_patron import SuspendPatron
from shared_kernel.domain.errors import Refused
from shared_kernel.models import IdempotencyRecord
from shared_kernel.services.commands import dispatch
from tests.factories import a_copy, a_loan
from tests.factories_patrons import a_patron

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Make all calls start together; answer with what they answered."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=30)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def borrowing(headers: dict[str, str], barcode: str, card: str, **extra: str) -> Callable[[], Any]:
    def borrow() -> Any:
        return Client(raise_request_exception=False).post(
            "/api/v1/loans",
            {"copy_barcode": barcode, "patron_card": card},
            content_type="application/json",
            headers={**headers, **extra},
        )

    return borrow


@pytest.fixture
def headers(token: Any) -> dict[str, str]:
    issued: dict[str, str] = token("circulation:read", "circulation:write")
    return issued


def borrowed_events() -> int:
    return OutboxMessage.objects.filter(type="lending.book_borrowed.v1").count()


class TestTwentyBorrowingsOfOneCopy:
    def test_give_one_loan_nineteen_refusals_and_one_event(self, headers: dict[str, str]) -> None:
        copy = a_copy()
        cards = [a_patron().card_number for _ in range(20)]
        answers = at_once(*(borrowing(headers, copy.barcode, card) for card in cards))
        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 19}
        refused = {answer.json()["code"] for answer in answers if answer.status_code == 409}
        assert refused == {"copy_not_available"}
        assert (LoanRow.objects.filter(state="open").count(), borrowed_events()) == (1, 1)


class TestTheLastSlotOfAPatron:
    def test_is_taken_once(self, headers: dict[str, str]) -> None:
        card = a_patron().card_number
        for _ in range(4):
            a_loan(patron_card=card)
        calls = [borrowing(headers, a_copy().barcode, card) for _ in range(2)]
        answers = at_once(*calls)
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert LoanRow.objects.filter(state="open").count() == 5


class TestOneKeyUsedAtOnce:
    def test_lends_once_and_answers_alike(self, headers: dict[str, str]) -> None:
        barcode, card = a_copy().barcode, a_patron().card_number
        key = {"Idempotency-Key": "borrow-at-once"}
        answers = at_once(*(borrowing(headers, barcode, card, **key) for _ in range(8)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert (LoanRow.objects.count(), IdempotencyRecord.objects.count(), borrowed_events()) == (1, 1, 1)


class TestSuspendingWhileBorrowing:
    def test_leaves_no_loan_that_began_after_the_suspension(self, headers: dict[str, str]) -> None:
        for _ in range(5):
            patron, copy = a_patron(), a_copy()
            suspend = partial(dispatch, SuspendPatron(patron=patron.id, reason="unpaid bill"))
            answer, _ = at_once(borrowing(headers, copy.barcode, patron.card_number), suspend)
            assert answer.status_code in {201, 409}
            order = list(
                OutboxMessage.objects.filter(
                    type__in=["lending.book_borrowed.v1", "patrons.patron_suspended.v1"],
                )
                .order_by("-id")
                .values_list("type", flat=True)[: 2 if answer.status_code == 201 else 1]
            )
            expected = ["patrons.patron_suspended.v1", "lending.book_borrowed.v1"]
            assert order == expected[: len(order)]
            with pytest.raises(Refused):
                a_loan(patron_card=patron.card_number)


class TestTakingACopyOutOfServiceWhileItIsBorrowed:
    @pytest.mark.parametrize("condition", ["withdrawn", "damaged"])
    def test_leaves_no_loan_that_began_afterwards(self, condition: str, headers: dict[str, str]) -> None:
        for _ in range(8):
            patron, copy = a_patron(), a_copy()
            change = partial(_changed, copy.barcode, condition)
            answer, has_changed = at_once(borrowing(headers, copy.barcode, patron.card_number), change)
            told = OutboxMessage.objects.filter(
                type__in=["lending.book_borrowed.v1", "catalog.copy_condition_changed.v1"]
            ).order_by("-id")
            if answer.status_code == 201 and has_changed:
                assert condition == "damaged"
                assert told[0].type == "catalog.copy_condition_changed.v1"
            else:
                assert (answer.status_code, has_changed) in {(201, False), (409, True)}


def _changed(barcode: str, condition: str) -> bool:
    try:
        dispatch(ChangeCopyCondition(barcode=barcode, condition=condition, reason="worn"))
    except Refused:
        return False
    return True


class TestReturningTwiceAtOnce:
    def test_ends_the_loan_once(self, headers: dict[str, str]) -> None:
        loan = a_loan()

        def give_back() -> Any:
            return Client(raise_request_exception=False).post(
                "/api/v1/returns",
                {"copy_barcode": loan.copy_barcode},
                content_type="application/json",
                headers=headers,
            )

        answers = at_once(*[give_back] * 6)
        assert {answer.status_code for answer in answers} == {200}
        assert sum(answer.json()["loan"] is not None for answer in answers) == 1
        assert OutboxMessage.objects.filter(type="lending.book_returned.v1").count() == 1
