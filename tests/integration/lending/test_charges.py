"""What the rules of money come to at the desk, beside the account itself."""

from decimal import Decimal
from typing import Any

import pytest

from lending.models import CirculationRuleRow, LedgerEntryRow
from lending.services.commands.set_rule import SetRule
from shared_kernel.domain.money import Money
from shared_kernel.services.commands import dispatch
from tests.factories import a_branch, a_copy
from tests.factories_patrons import a_patron
from tests.integration.conftest import Token
from tests.integration.lending.desk import Desk, codes

pytestmark = pytest.mark.django_db

BORROWED = "2024-01-15T10:00:00Z"  # due 2024-01-29, a Monday


@pytest.fixture
def desk(token: Token) -> Desk:
    return Desk(token("circulation:read", "circulation:write", "accounts:write", "rules:write"))


def owes(desk: Desk, patron: Any, *, at: str = BORROWED) -> str:
    account = desk.get(f"/patrons/{patron.id}/account", at=at).json()
    entries = sum((Decimal(entry["amount"]["amount"]) for entry in account["entries"]), Decimal(0))
    assert Decimal(account["balance"]["amount"]) == entries
    return str(account["balance"]["amount"])


def lend(desk: Desk, patron: Any, *, at: str = BORROWED, **copy: Any) -> dict[str, Any]:
    answer = desk.borrow(a_copy(**copy).barcode, patron.card_number, at=at)
    assert answer.status_code == 201, answer.content
    loan: dict[str, Any] = answer.json()
    return loan


class TestABalance:
    def test_blocks_above_twenty_five_and_a_cent_less_unblocks_at_once(self, desk: Desk) -> None:
        patron, copy = a_patron(), a_copy()
        for price, status in (("15.00", 201), ("0.01", 409)):  # and 10.00 once for processing
            fee = {"processing_fee": "10.00" if status == 201 else "0.00"}
            row = CirculationRuleRow.objects.get(branch="", category="regular", item_type="")
            dispatch(SetRule(category="regular", values={**row.values, **fee}))
            lost = lend(desk, patron, price=Money.parse(price, "EUR"))
            desk.post(f"/loans/{lost['id']}/declare-lost", at=BORROWED)
            answer = desk.borrow(copy.barcode, patron.card_number, at=BORROWED)
            assert answer.status_code == status
            desk.give_back(copy.barcode, at=BORROWED)
        assert owes(desk, patron) == "25.01"
        assert codes(answer) == ["balance_block"]
        desk.post(f"/patrons/{patron.id}/payments", amount="0.01")
        assert desk.borrow(copy.barcode, patron.card_number, at=BORROWED).status_code == 201


class TestLostLoans:
    def test_leave_room_for_others(self, desk: Desk) -> None:
        patron = a_patron()
        for _ in range(5):
            lost = lend(desk, patron)
            desk.post(f"/loans/{lost['id']}/declare-lost", at=BORROWED)
            desk.post(f"/patrons/{patron.id}/payments", amount=owes(desk, patron))
        lend(desk, patron)

    def test_leave_no_copy_to_wait_for(self, desk: Desk) -> None:
        loan, waiting = lend(desk, a_patron()), a_patron()
        desk.post(f"/loans/{loan['id']}/declare-lost", at=BORROWED)
        assert codes(desk.hold(loan["book"], waiting.card_number, at=BORROWED)) == ["nothing_to_lend"]
        a_copy(book=loan["book"])
        assert desk.hold(loan["book"], waiting.card_number, at=BORROWED).status_code == 201

    def test_that_are_claimed_returned_still_count(self, desk: Desk) -> None:
        patron = a_patron()
        for _ in range(5):
            claimed = lend(desk, patron)
            desk.post(f"/loans/{claimed['id']}/claim-returned", at=BORROWED)
        again = desk.borrow(a_copy().barcode, patron.card_number, at=BORROWED)
        assert codes(again) == ["loan_limit_reached"]


class TestThreeOverdueLoans:
    def test_block_until_one_is_back(self, desk: Desk) -> None:
        patron, copy = a_patron(), a_copy()
        loans = [lend(desk, patron) for _ in range(3)]
        late = "2024-01-30T10:00:00Z"
        assert codes(desk.borrow(copy.barcode, patron.card_number, at=late)) == ["overdue_block"]
        desk.give_back(loans[0]["copy_barcode"], at=late)
        assert desk.borrow(copy.barcode, patron.card_number, at=late).status_code == 201


class TestAFine:
    def test_is_for_days_on_which_the_branch_was_open(self, desk: Desk) -> None:
        a_branch("EAST", closed_weekdays=(5, 6))
        patron = a_patron()
        loan = lend(desk, patron, branch="EAST")
        desk.give_back(loan["copy_barcode"], at="2024-02-06T10:00:00Z", branch="EAST")  # six open days later
        assert owes(desk, patron) == "1.50"

    def test_stays_as_it_was_when_a_closure_that_it_spared_is_taken_back(self, desk: Desk) -> None:
        patron = a_patron()
        loan = lend(desk, patron)
        closure = desk.post(
            "/branches/MAIN/closures", **{"from": "2024-01-30", "to": "2024-01-31", "reason": "works"}
        ).json()
        desk.give_back(loan["copy_barcode"], at="2024-02-02T10:00:00Z")
        assert owes(desk, patron) == "0.50"
        assert desk.send("DELETE", f"/branches/MAIN/closures/{closure['id']}").status_code in {200, 204}
        assert owes(desk, patron) == "0.50"

    def test_accrues_for_all_that_is_late_and_becomes_due_once(self, desk: Desk) -> None:
        patron = a_patron()
        loans = [lend(desk, patron) for _ in range(2)]
        late = "2024-02-01T10:00:00Z"
        account = desk.get(f"/patrons/{patron.id}/account", at=late).json()
        assert (account["balance"]["amount"], account["accruing"]["amount"]) == ("0.00", "1.50")
        for _ in range(2):
            desk.give_back(loans[0]["copy_barcode"], at=late)
        account = desk.get(f"/patrons/{patron.id}/account", at=late).json()
        assert (account["balance"]["amount"], account["accruing"]["amount"]) == ("0.75", "0.75")
        assert LedgerEntryRow.objects.filter(kind="overdue").count() == 1


class TestAPayment:
    def test_is_taken_once_however_often_it_is_sent(self, desk: Desk) -> None:
        patron = a_patron()
        loan = lend(desk, patron)
        desk.give_back(loan["copy_barcode"], at="2024-02-02T10:00:00Z")
        answers = [
            desk.post(f"/patrons/{patron.id}/payments", amount="0.40", key="payment-0001") for _ in range(2)
        ]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json() == answers[1].json()
        assert owes(desk, patron) == "0.60"


class TestAReturnThatIsUndone:
    def test_gives_back_what_was_paid_for_it(self, desk: Desk) -> None:
        patron = a_patron()
        loan = lend(desk, patron)
        desk.give_back(loan["copy_barcode"], at="2024-02-02T10:00:00Z")
        desk.post(f"/patrons/{patron.id}/payments", amount="1.00")
        undo = f"/loans/{loan['id']}/undo-return"
        assert desk.post(undo, at="2024-02-02T10:15:00Z").status_code == 200
        assert owes(desk, patron) == "-1.00"
        desk.give_back(loan["copy_barcode"], at="2024-02-03T10:00:00Z")
        assert owes(desk, patron) == "0.25"

    def test_can_be_undone_once(self, desk: Desk) -> None:
        loan = lend(desk, a_patron())
        desk.give_back(loan["copy_barcode"], at="2024-01-20T10:00:00Z")
        undo = f"/loans/{loan['id']}/undo-return"
        statuses = [desk.post(undo, at="2024-01-20T10:01:00Z").status_code for _ in range(2)]
        assert statuses == [200, 409]

    def test_leaves_the_next_in_the_queue_waiting_again(self, desk: Desk) -> None:
        loan, waiting = lend(desk, a_patron()), a_patron()
        hold = desk.hold(loan["book"], waiting.card_number, at=BORROWED).json()
        desk.give_back(loan["copy_barcode"], at="2024-01-20T10:00:00Z")
        assert desk.get(f"/holds/{hold['id']}").json()["state"] == "ready"
        desk.post(f"/loans/{loan['id']}/undo-return", at="2024-01-20T10:05:00Z")
        assert desk.get(f"/holds/{hold['id']}").json()["state"] == "waiting"
        assert "copy_not_available" in codes(
            desk.borrow(loan["copy_barcode"], waiting.card_number, at=BORROWED)
        )
