from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from lending.models import HoldRow
from lending.services.commands.expire_hold import ExpireHold
from outbox.models import OutboxMessage
from shared_kernel.services.commands import dispatch
from shared_kernel.services.request_context import with_context
from tests.factories import a_book, a_branch, a_copy, a_loan
from tests.factories_patrons import a_patron
from tests.integration.lending.desk import Desk, codes

pytestmark = pytest.mark.django_db


def card() -> str:
    return a_patron().card_number


def events() -> list[str]:
    types = OutboxMessage.objects.filter(type__startswith="lending.").order_by("id")
    return [
        type_.removeprefix("lending.").removesuffix(".v1") for type_ in types.values_list("type", flat=True)
    ]


def state(desk: Desk, hold: dict[str, Any]) -> str:
    found: str = desk.get(f"/holds/{hold['id']}").json()["state"]
    return found


class TestPlacingAHold:
    def test_waits_in_turn_while_all_copies_are_out(self, desk: Desk) -> None:
        loan = a_loan()
        first, second = desk.hold(loan.book, card()), desk.hold(loan.book, card())
        assert (first.status_code, second.status_code) == (201, 201)
        assert [first.json()["position"], second.json()["position"]] == [1, 2]
        assert first.json()["state"] == second.json()["state"] == "waiting"

    def test_sets_a_free_copy_aside_at_once(self, desk: Desk) -> None:
        copy = a_copy()
        hold = desk.hold(copy.book, card()).json()
        assert (hold["state"], hold["copy"]) == ("allocated", copy.barcode)
        assert events() == ["hold_placed", "hold_allocated"]

    def test_keeps_the_allocated_copy_from_others_but_not_from_its_owner(self, desk: Desk) -> None:
        copy, owner = a_copy(), card()
        hold = desk.hold(copy.book, owner).json()
        other = desk.borrow(copy.barcode, card())
        assert (other.status_code, codes(other)) == (409, ["held_for_another"])
        assert desk.borrow(copy.barcode, owner).status_code == 201
        assert state(desk, hold) == "fulfilled"

    def test_is_limited_by_the_category(self, desk: Desk) -> None:
        regular, researcher = card(), a_patron(category="researcher").card_number
        books = [a_loan(patron_card=a_patron(category="researcher").card_number).book for _ in range(6)]
        answers = [desk.hold(book, regular).status_code for book in books]
        assert answers == [201] * 5 + [409]
        assert codes(desk.hold(books[5], regular)) == ["hold_limit_reached"]
        assert [desk.hold(book, researcher).status_code for book in books] == [201] * 6

    def test_of_a_book_one_has_or_waits_for_is_refused(self, desk: Desk) -> None:
        copy, borrower, waiting = a_copy(), card(), card()
        desk.borrow(copy.barcode, borrower)
        assert codes(desk.hold(copy.book, borrower)) == ["already_on_loan"]
        desk.hold(copy.book, waiting)
        assert codes(desk.hold(copy.book, waiting)) == ["already_held"]

    def test_of_a_book_without_copies_is_refused(self, desk: Desk) -> None:
        refused = desk.hold(a_book().id, card())
        assert (refused.status_code, codes(refused)) == (409, ["nothing_to_lend"])

    def test_can_want_one_copy_alone(self, desk: Desk) -> None:
        book = a_book().id
        wanted, other = a_copy(book=book), a_copy(book=book)
        desk.borrow(wanted.barcode, card())
        hold = desk.hold(book, card(), copy=wanted.barcode).json()
        assert hold["state"] == "waiting"
        desk.borrow(other.barcode, card())
        assert desk.give_back(other.barcode).json()["hold"] is None
        assert desk.give_back(wanted.barcode).json()["hold"]["id"] == hold["id"]


class TestReturningACopyThatIsWaitedFor:
    def test_makes_the_first_hold_ready_for_seven_days(self, desk: Desk) -> None:
        loan = a_loan()
        hold = desk.hold(loan.book, card()).json()
        now = datetime.now(UTC)
        receipt = desk.give_back(loan.copy_barcode).json()
        assert (receipt["hold"]["id"], receipt["hold"]["state"]) == (hold["id"], "ready")
        assert receipt["hold"]["pickup_deadline_at"][:10] == (now + timedelta(days=7)).date().isoformat()
        assert events()[-3:] == ["book_returned", "hold_allocated", "hold_ready"]

    def test_passes_over_a_suspended_hold_which_keeps_its_place(self, desk: Desk) -> None:
        loan = a_loan()
        suspended, following = desk.hold(loan.book, card()).json(), desk.hold(loan.book, card()).json()
        until = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
        assert desk.post(f"/holds/{suspended['id']}/suspend", until=until).status_code == 200
        assert desk.give_back(loan.copy_barcode).json()["hold"]["id"] == following["id"]
        assert desk.get(f"/holds/{suspended['id']}").json()["position"] == 1

    def test_leaves_it_allocated_for_another_pickup_branch(self, desk: Desk) -> None:
        loan = a_loan()
        a_branch("EAST")
        hold = desk.hold(loan.book, card(), pickup_branch="EAST").json()
        assert desk.give_back(loan.copy_barcode).json()["hold"]["state"] == "allocated"
        ready = desk.post(f"/holds/{hold['id']}/ready").json()
        assert (ready["state"], ready["pickup_branch"]) == ("ready", "EAST")

    def test_makes_an_allocated_hold_ready_when_its_copy_is_scanned(self, desk: Desk) -> None:
        copy = a_copy()
        hold = desk.hold(copy.book, card()).json()
        receipt = desk.give_back(copy.barcode).json()
        assert (receipt["loan"], receipt["in_house"], receipt["hold"]["id"]) == (None, False, hold["id"])
        assert receipt["hold"]["state"] == "ready"


class TestCancelling:
    def test_promotes_the_next_in_the_same_commit(self, desk: Desk) -> None:
        loan = a_loan()
        first, second = desk.hold(loan.book, card()).json(), desk.hold(loan.book, card()).json()
        desk.give_back(loan.copy_barcode)
        cancelled = desk.post(f"/holds/{first['id']}/cancel")
        assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
        promoted = desk.get(f"/holds/{second['id']}").json()
        assert (promoted["state"], promoted["position"]) == ("ready", 1)
        assert promoted["pickup_deadline_at"]

    def test_works_once(self, desk: Desk) -> None:
        hold = desk.hold(a_loan().book, card()).json()
        desk.post(f"/holds/{hold['id']}/cancel")
        again = desk.post(f"/holds/{hold['id']}/cancel")
        assert (again.status_code, codes(again)) == (409, ["hold_not_active"])

    def test_of_somebody_elses_hold_is_unknown_to_a_patron(self, desk: Desk, browser: Any) -> None:
        hold = desk.hold(a_loan().book, card()).json()
        answer = browser("patron").post(f"/api/v1/holds/{hold['id']}/cancel", content_type="application/json")
        assert answer.status_code == 404


class TestSuspending:
    def test_a_begun_hold_is_refused(self, desk: Desk) -> None:
        hold = desk.hold(a_copy().book, card()).json()
        refused = desk.post(f"/holds/{hold['id']}/suspend")
        assert (refused.status_code, codes(refused)) == (409, ["hold_already_begun"])

    def test_ends_with_resuming_which_takes_a_free_copy_at_once(self, desk: Desk) -> None:
        loan = a_loan()
        hold = desk.hold(loan.book, card()).json()
        desk.post(f"/holds/{hold['id']}/suspend")
        desk.give_back(loan.copy_barcode)
        assert state(desk, hold) == "waiting"
        assert desk.post(f"/holds/{hold['id']}/resume").json()["state"] == "allocated"


class TestMoving:
    def test_takes_only_a_whole_order_that_leaves_begun_holds_first(self, desk: Desk) -> None:
        loan = a_loan()
        j, s, t = (desk.hold(loan.book, card()).json()["id"] for _ in range(3))
        desk.give_back(loan.copy_barcode)
        path = f"/books/{loan.book}/holds"
        for wrong in ([s, j, t], [j, t], [j, t, t]):
            refused = desk.put(path, order=wrong)
            assert (refused.status_code, codes(refused)) == (422, ["queue_order_invalid"])
        moved = desk.put(path, order=[j, t, s])
        assert [hold["id"] for hold in moved.json()["results"]] == [j, t, s]
        assert [hold["position"] for hold in desk.get(path).json()["results"]] == [1, 2, 3]


class TestACopyThatIsNotFound:
    def test_lets_the_hold_wait_again_or_take_another(self, desk: Desk) -> None:
        copy = a_copy()
        hold = desk.hold(copy.book, card()).json()
        assert desk.post(f"/holds/{hold['id']}/not-found").json()["state"] == "waiting"
        other = a_copy(book=copy.book)
        desk.borrow(other.barcode, a_patron().card_number)
        assert state(desk, hold) == "waiting"


class TestExpiring:
    def test_gives_the_copy_to_the_next_after_the_deadline(self, desk: Desk) -> None:
        loan = a_loan()
        first, second = desk.hold(loan.book, card()).json(), desk.hold(loan.book, card()).json()
        desk.give_back(loan.copy_barcode)
        later = datetime.now(UTC) + timedelta(days=8)
        with with_context(acts_at=later):
            assert dispatch(ExpireHold(hold=UUID(first["id"]))) is True
        assert (state(desk, first), state(desk, second)) == ("expired", "ready")

    def test_leaves_a_hold_alone_until_its_deadline(self, desk: Desk) -> None:
        loan = a_loan()
        hold = desk.hold(loan.book, card()).json()
        desk.give_back(loan.copy_barcode)
        assert dispatch(ExpireHold(hold=UUID(hold["id"]))) is False
        assert state(desk, hold) == "ready"


class TestBorrowingAnotherCopy:
    def test_fulfils_ones_hold_and_frees_the_copy_it_had(self, desk: Desk) -> None:
        book, owner = a_book().id, card()
        kept = a_copy(book=book)
        hold = desk.hold(book, owner).json()
        other = a_copy(book=book)
        following = desk.hold(book, card(), copy=kept.barcode).json()
        assert desk.borrow(other.barcode, owner).status_code == 201
        assert state(desk, hold) == "fulfilled"
        assert state(desk, following) == "allocated"

    def test_a_copy_new_to_the_catalogue_goes_to_who_waits(self, desk: Desk) -> None:
        loan = a_loan()
        desk.hold(loan.book, card())
        fresh = a_copy(book=loan.book)
        assert codes(desk.borrow(fresh.barcode, card())) == ["held_for_another"]


class TestHolds:
    def test_cost_the_same_queries_however_many(self, desk: Desk, django_assert_num_queries: Any) -> None:
        for _ in range(3):
            desk.hold(a_loan().book, card())
        desk.get("/holds")
        with django_assert_num_queries(1):
            assert len(desk.get("/holds").json()["results"]) == 3
        assert HoldRow.objects.count() == 3
