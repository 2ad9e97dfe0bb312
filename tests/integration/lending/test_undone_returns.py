"""A return that is undone leaves everything as it was, or isn't undone."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from catalog.services.commands.change_copy_condition import ChangeCopyCondition
from lending.models import CirculationRuleRow, LoanRow
from lending.services.commands.set_rule import SetRule
from outbox.models import OutboxMessage
from patrons.services.commands.erase_patron import ErasePatron
from shared_kernel.domain.money import Money
from shared_kernel.services.commands import dispatch
from tests.factories import a_copy
from tests.factories_patrons import a_patron
from tests.integration.conftest import Token
from tests.integration.lending.desk import Desk, codes

pytestmark = pytest.mark.django_db

BORROWED = "2024-01-05T10:00:00Z"  # due 2024-01-19
RETURNED, UNDONE = "2024-01-06T10:00:00Z", "2024-01-06T10:05:00Z"


@pytest.fixture
def desk(token: Token) -> Desk:
    return Desk(token("circulation:read", "circulation:write", "accounts:write", "override", "catalog:write"))


@pytest.fixture
def processing_fee() -> str:
    row = CirculationRuleRow.objects.get(branch="", category="regular", item_type="")
    dispatch(SetRule(category="regular", values={**row.values, "processing_fee": "10.00"}))
    return "10.00"


def lend(desk: Desk, patron: Any, *, at: str = BORROWED, **copy: Any) -> dict[str, Any]:
    answer = desk.borrow(a_copy(**copy).barcode, patron.card_number, at=at)
    assert answer.status_code == 201, answer.content
    loan: dict[str, Any] = answer.json()
    return loan


def undo(desk: Desk, loan: dict[str, Any], *, at: str = UNDONE) -> Any:
    return desk.post(f"/loans/{loan['id']}/undo-return", at=at)


def balance(desk: Desk, patron: Any) -> str:
    return str(desk.get(f"/patrons/{patron.id}/account").json()["balance"]["amount"])


def put(condition: str, loan: dict[str, Any]) -> None:
    barcode = loan["copy_barcode"]
    dispatch(ChangeCopyCondition(barcode=barcode, condition=condition, reason="seen at the shelf"))


class TestWhatIsGone:
    def test_a_patron_who_was_erased(self, desk: Desk) -> None:
        patron = a_patron()
        loan = lend(desk, patron)
        desk.give_back(loan["copy_barcode"], at=RETURNED)
        dispatch(ErasePatron(patron=patron.id, comment="asked for it"))
        assert codes(undo(desk, loan)) == ["cannot_undo"]
        assert LoanRow.objects.get(id=loan["id"]).state == "returned"

    @pytest.mark.parametrize("condition", ["withdrawn", "missing"])
    def test_a_copy_that_nobody_could_hand_over(self, desk: Desk, condition: str) -> None:
        loan = lend(desk, a_patron())
        desk.give_back(loan["copy_barcode"], at=RETURNED)
        put(condition, loan)
        refused = undo(desk, loan)
        assert codes(refused) == ["cannot_undo"]
        assert condition in refused.json()["errors"][0]["detail"]

    def test_a_copy_whose_book_was_removed(self, desk: Desk) -> None:
        loan = lend(desk, a_patron())
        desk.give_back(loan["copy_barcode"], at=RETURNED)
        put("withdrawn", loan)
        assert desk.send("DELETE", f"/books/{loan['book']}").status_code == 204
        assert codes(undo(desk, loan)) == ["cannot_undo"]

    def test_a_damaged_copy_is_still_there(self, desk: Desk) -> None:
        loan = lend(desk, a_patron())
        desk.give_back(loan["copy_barcode"], at=RETURNED)
        put("damaged", loan)
        assert undo(desk, loan).json()["state"] == "open"


class TestWhatWasBefore:
    def test_a_lost_loan_is_lost_again_and_owes_its_price(self, desk: Desk, processing_fee: str) -> None:
        patron = a_patron()
        loan = lend(desk, patron, price=Money.parse("20.00", "EUR"))
        desk.post(f"/loans/{loan['id']}/declare-lost", at="2024-01-06T09:00:00Z")
        owed = balance(desk, patron)
        assert owed == "30.00"
        desk.give_back(loan["copy_barcode"], at=RETURNED)
        assert balance(desk, patron) == processing_fee
        assert undo(desk, loan).json()["state"] == "lost"
        assert balance(desk, patron) == owed
        desk.give_back(loan["copy_barcode"], at="2024-01-06T11:00:00Z")
        assert balance(desk, patron) == processing_fee
        call_command("check_invariants", stdout=StringIO())

    def test_what_was_waived_of_its_price_stays_waived(self, desk: Desk, processing_fee: str) -> None:
        patron = a_patron()
        loan = lend(desk, patron, price=Money.parse("20.00", "EUR"))
        desk.post(f"/loans/{loan['id']}/declare-lost", at="2024-01-06T09:00:00Z")
        entries = desk.get(f"/patrons/{patron.id}/account").json()["entries"]
        price = next(entry["id"] for entry in entries if entry["kind"] == "lost")
        desk.post(f"/patrons/{patron.id}/waivers", charge=price, amount="15.00", reason="a friend of ours")
        desk.give_back(loan["copy_barcode"], at=RETURNED)
        assert balance(desk, patron) == processing_fee
        undo(desk, loan)
        assert balance(desk, patron) == "15.00"

    def test_a_claimed_return_is_claimed_again(self, desk: Desk) -> None:
        loan = lend(desk, a_patron())
        desk.post(f"/loans/{loan['id']}/claim-returned", at="2024-01-06T09:00:00Z")
        desk.give_back(loan["copy_barcode"], at=RETURNED)
        assert undo(desk, loan).json()["state"] == "claimed_returned"

    def test_a_waived_fine_is_not_charged_again(self, desk: Desk) -> None:
        patron = a_patron()
        loan = lend(desk, patron)
        desk.give_back(loan["copy_barcode"], at="2024-01-23T10:00:00Z")  # four days late
        account = desk.get(f"/patrons/{patron.id}/account").json()
        [fine] = account["entries"]
        assert account["balance"]["amount"] == "1.00"
        desk.post(f"/patrons/{patron.id}/waivers", charge=fine["id"], amount="1.00", reason="snow")
        undo(desk, loan, at="2024-01-23T10:05:00Z")
        assert balance(desk, patron) == "0.00"
        desk.give_back(loan["copy_barcode"], at="2024-01-24T10:00:00Z")
        assert balance(desk, patron) == "0.25"  # the fifth day alone

    def test_what_a_return_dated_back_had_refunded_is_owed_again(self, desk: Desk) -> None:
        patron = a_patron()
        loan = lend(desk, patron)
        desk.post(f"/loans/{loan['id']}/renew", at="2024-01-22T10:00:00Z")
        assert balance(desk, patron) == "0.75"
        desk.give_back(loan["copy_barcode"], at="2024-01-23T10:00:00Z", returned_at="2024-01-18T20:00:00Z")
        assert balance(desk, patron) == "0.00"
        undo(desk, loan, at="2024-01-23T10:05:00Z")
        assert balance(desk, patron) == "0.75"
        desk.give_back(loan["copy_barcode"], at="2024-01-23T11:00:00Z")
        assert balance(desk, patron) == "0.75"
        call_command("check_invariants", stdout=StringIO())


class TestAReturnDatedBack:
    def test_refunds_the_fine_of_a_later_renewal(self, desk: Desk) -> None:
        patron = a_patron()
        loan = lend(desk, patron)
        desk.post(f"/loans/{loan['id']}/renew", at="2024-01-22T10:00:00Z")
        desk.give_back(loan["copy_barcode"], at="2024-01-23T10:00:00Z", returned_at="2024-01-20T20:00:00Z")
        assert balance(desk, patron) == "0.25"

    def test_leaves_the_fee_alone_of_a_lost_loan_that_was_never_late(
        self, desk: Desk, processing_fee: str
    ) -> None:
        patron = a_patron()
        loan = lend(desk, patron, price=Money.parse("20.00", "EUR"))
        desk.post(f"/loans/{loan['id']}/declare-lost", at="2024-02-10T10:00:00Z")
        back = desk.give_back(
            loan["copy_barcode"], at="2024-02-11T10:00:00Z", returned_at="2024-01-18T10:00:00Z"
        )
        assert back.status_code == 200
        account = desk.get(f"/patrons/{patron.id}/account").json()
        assert account["balance"]["amount"] == processing_fee
        assert [entry["kind"] for entry in account["entries"]].count("refund") == 2
        instants = [entry["at"] for entry in account["entries"]]
        assert instants in (sorted(instants), sorted(instants, reverse=True))

    def test_of_a_lost_loan_is_overdue_where_it_was_late(self, desk: Desk) -> None:
        loan = lend(desk, a_patron())
        desk.post(f"/loans/{loan['id']}/declare-lost", at="2024-02-10T10:00:00Z")
        desk.give_back(loan["copy_barcode"], at="2024-02-11T10:00:00Z")
        event = OutboxMessage.objects.get(type="lending.book_returned.v1")
        assert json.loads(event.payload)["data"]["was_overdue"] is True

    def test_counts_its_windows_from_the_scan(self, desk: Desk) -> None:
        loan = lend(desk, a_patron())
        desk.give_back(loan["copy_barcode"], at="2024-01-10T09:00:00Z", returned_at="2024-01-09T20:00:00Z")
        again = desk.give_back(loan["copy_barcode"], at="2024-01-10T09:01:00Z")
        assert again.json()["in_house"] is False
        assert undo(desk, loan, at="2024-01-10T09:02:00Z").json()["state"] == "open"

    def test_can_still_not_be_undone_a_quarter_of_an_hour_later(self, desk: Desk) -> None:
        loan = lend(desk, a_patron())
        desk.give_back(loan["copy_barcode"], at="2024-01-10T09:00:00Z")
        assert codes(undo(desk, loan, at="2024-01-10T09:15:01Z")) == ["undo_too_late"]
