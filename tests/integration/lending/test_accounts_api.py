from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from lending.models import CirculationRuleRow, LedgerEntryRow
from lending.services.commands.set_rule import SetRule
from outbox.models import OutboxMessage
from shared_kernel.domain.money import Money
from shared_kernel.services.codec import from_json
from shared_kernel.services.commands import dispatch
from tests.factories import a_copy
from tests.factories_patrons import a_patron
from tests.integration.conftest import Token
from tests.integration.lending.desk import Desk, codes

pytestmark = pytest.mark.django_db

BORROWED = "2024-01-15T10:00:00Z"  # due 2024-01-29


@pytest.fixture
def desk(token: Token) -> Desk:
    return Desk(token("circulation:read", "circulation:write", "accounts:write"))


@pytest.fixture
def terms() -> Any:
    """Changes the terms of regular patrons."""

    def change(**values: Any) -> None:
        row = CirculationRuleRow.objects.get(branch="", category="regular", item_type="")
        dispatch(SetRule(category="regular", values={**row.values, **values}))

    return change


class Reader:
    """A patron with one loan of a copy with a price."""

    def __init__(self, desk: Desk, price: str | None = None) -> None:
        self.desk = desk
        self.patron = a_patron()
        self.copy = a_copy(**({"price": Money.parse(price, "EUR")} if price else {}))
        self.loan = desk.borrow(self.copy.barcode, self.patron.card_number, at=BORROWED).json()

    @property
    def account(self) -> dict[str, Any]:
        found: dict[str, Any] = self.desk.get(f"/patrons/{self.patron.id}/account", at=BORROWED).json()
        return found

    @property
    def balance(self) -> str:
        return str(self.account["balance"]["amount"])

    @property
    def kinds(self) -> list[str]:
        return [entry["kind"] for entry in self.account["entries"]]

    def pay(self, amount: str) -> Any:
        return self.desk.post(f"/patrons/{self.patron.id}/payments", amount=amount)

    def waive(self, amount: str, **reason: str) -> Any:
        charge = self.account["entries"][0]["id"]
        return self.desk.post(f"/patrons/{self.patron.id}/waivers", charge=charge, amount=amount, **reason)


class TestAFine:
    def test_is_charged_at_the_return_for_each_day_late(self, desk: Desk) -> None:
        reader = Reader(desk)
        desk.give_back(reader.copy.barcode, at="2024-02-02T10:00:00Z")
        assert (reader.balance, reader.kinds) == ("1.00", ["overdue"])

    @pytest.mark.parametrize(
        ("price", "cap", "expected"),
        [(None, None, "29.00"), ("5.00", None, "5.00"), ("5.00", "3.00", "3.00"), ("5.00", "6.00", "5.00")],
    )
    def test_is_capped(
        self, desk: Desk, terms: Any, price: str | None, cap: str | None, expected: str
    ) -> None:
        terms(fine_per_day="1.00", **({"fine_cap": cap} if cap else {}))
        reader = Reader(desk, price)
        desk.give_back(reader.copy.barcode, at="2024-02-27T10:00:00Z")
        assert reader.balance == expected

    @pytest.mark.parametrize(("returned_on", "expected"), [("2024-01-31", "0.00"), ("2024-02-01", "0.75")])
    def test_forgives_within_the_days_of_grace_and_discounts_nothing_beyond(
        self, desk: Desk, terms: Any, returned_on: str, expected: str
    ) -> None:
        terms(grace_days=2)
        reader = Reader(desk)
        desk.give_back(reader.copy.barcode, at=f"{returned_on}T10:00:00Z")
        assert reader.balance == expected

    def test_is_charged_at_a_renewal_too_and_once_for_each_due_date(self, desk: Desk) -> None:
        reader = Reader(desk)
        renewed = desk.post(f"/loans/{reader.loan['id']}/renew", at="2024-01-31T10:00:00Z")
        assert renewed.status_code == 200
        assert (reader.balance, reader.kinds) == ("0.50", ["overdue"])
        desk.give_back(reader.copy.barcode, at="2024-02-16T10:00:00Z")
        assert (reader.balance, reader.kinds) == ("1.00", ["overdue", "overdue"])

    def test_accrues_beside_the_balance_until_then(self, desk: Desk) -> None:
        reader = Reader(desk)
        account = desk.get(f"/patrons/{reader.patron.id}/account", at="2024-02-02T10:00:00Z").json()
        assert (account["balance"]["amount"], account["accruing"]["amount"]) == ("0.00", "1.00")
        assert not LedgerEntryRow.objects.exists()


class TestAnAccount:
    @pytest.fixture
    def reader(self, desk: Desk, terms: Any) -> Reader:
        """Owes 10.00."""
        terms(fine_per_day="1.00")
        reader = Reader(desk)
        desk.give_back(reader.copy.barcode, at="2024-02-08T10:00:00Z")
        return reader

    def test_takes_payments_up_to_the_balance_and_waivers_for_a_reason(self, reader: Reader) -> None:
        assert reader.pay("4.00").status_code == 201
        too_much = reader.pay("7.00")
        assert (too_much.status_code, codes(too_much)) == (422, ["payment_exceeds_balance"])
        silent = reader.waive("6.00")
        assert (silent.status_code, codes(silent)) == (422, ["reason_required"])
        assert reader.waive("6.00", reason="flood").status_code == 201
        assert (reader.balance, reader.kinds) == ("0.00", ["overdue", "payment", "waiver"])

    @pytest.mark.parametrize("amount", ["0", "-1.00", "1.005", "NaN", "many", "1e999", "99999999999999"])
    def test_takes_only_amounts_of_money(self, reader: Reader, amount: str) -> None:
        assert reader.pay(amount).status_code == 422
        assert reader.balance == "10.00"

    def test_waives_no_more_than_the_charge(self, reader: Reader) -> None:
        refused = reader.waive("10.01", reason="flood")
        assert codes(refused) == ["waiver_exceeds_charge"]

    def test_blocks_lending_above_the_limit_until_it_is_paid(
        self, desk: Desk, reader: Reader, terms: Any
    ) -> None:
        terms(block_balance="9.99")
        card = reader.patron.card_number
        assert codes(desk.borrow(a_copy().barcode, card)) == ["balance_block"]
        reader.pay("0.01")
        assert desk.borrow(a_copy().barcode, card).status_code == 201

    def test_keeps_reasons_and_names_out_of_its_events(self, reader: Reader) -> None:
        reader.waive("1.00", reason="a sad story")
        payloads = list(OutboxMessage.objects.values_list("payload", flat=True))
        assert not [each for each in payloads if "sad story" in each or reader.patron.name in each]
        (waived,) = OutboxMessage.objects.filter(type="lending.charge_waived.v1")
        assert from_json(waived.payload, dict)["data"]["balance"] == {"amount": "9.00", "currency": "EUR"}

    def test_is_for_its_patron_and_the_desk(self, reader: Reader, token: Token) -> None:
        path = f"/patrons/{reader.patron.id}"
        assert Desk(token("circulation:read")).get(f"{path}/account").status_code == 200
        assert Desk(token("circulation:read")).post(f"{path}/payments", amount="1.00").status_code == 403


class TestALostThing:
    def test_is_charged_with_its_price_and_a_fee_and_refunded_when_found(self, desk: Desk) -> None:
        reader = Reader(desk, "20.00")
        lose = f"/loans/{reader.loan['id']}/declare-lost"
        assert desk.post(lose, at="2024-01-20T10:00:00Z").json()["state"] == "lost"
        assert (reader.balance, reader.kinds) == ("30.00", ["lost", "processing"])
        again = desk.post(lose, at="2024-01-20T11:00:00Z")
        assert (again.status_code, codes(again)) == (409, ["already_lost"])
        found = desk.give_back(reader.copy.barcode, at="2024-01-21T10:00:00Z").json()
        assert found["loan"]["state"] == "returned"
        assert (reader.balance, reader.kinds) == ("10.00", ["lost", "processing", "refund"])

    def test_is_not_lent_to_others_nor_renewed(self, desk: Desk) -> None:
        reader = Reader(desk)
        desk.post(f"/loans/{reader.loan['id']}/claim-returned", at=BORROWED)
        other = a_patron().card_number
        assert "copy_not_available" in codes(desk.borrow(reader.copy.barcode, other, at=BORROWED))
        renewed = desk.post(f"/loans/{reader.loan['id']}/renew", at=BORROWED)
        assert codes(renewed) == ["not_renewable"]
        assert renewed.json()["errors"][0]["params"]["state"] == "claimed_returned"

    def test_ages_to_lost_after_thirty_days_unless_claimed_returned(self, desk: Desk) -> None:
        reader, claimed = Reader(desk), Reader(desk)
        desk.post(f"/loans/{claimed.loan['id']}/claim-returned", at=BORROWED)
        states = []
        for as_of in ("2024-02-28T10:00:00+00:00", "2024-02-29T10:00:00+00:00", "2024-02-29T11:00:00+00:00"):
            call_command("age_to_lost", "--as-of", as_of, stdout=StringIO())
            states.append(desk.get(f"/loans/{reader.loan['id']}").json()["state"])
        assert states == ["open", "lost", "lost"]
        assert desk.get(f"/loans/{claimed.loan['id']}").json()["state"] == "claimed_returned"
        assert OutboxMessage.objects.filter(type="lending.loan_declared_lost.v1").count() == 1


class TestOverdues:
    def told(self) -> list[str]:
        types = OutboxMessage.objects.filter(type__contains="overdue").order_by("id")
        return [type_.split(".")[1] for type_ in types.values_list("type", flat=True)]

    def test_are_told_once_and_again_every_three_days(self, desk: Desk) -> None:
        Reader(desk)
        counts = []
        for day in ("01-29", "01-30", "01-31", "02-01", "02-02", "02-03", "02-04"):
            for _ in range(2):
                call_command("mark_overdues", "--as-of", f"2024-{day}T08:00:00+00:00", stdout=StringIO())
            counts.append(len(self.told()))
        assert counts == [0, 1, 1, 2, 2, 2, 3]
        assert self.told() == ["loan_became_overdue", "loan_still_overdue", "loan_still_overdue"]

    def test_begin_anew_with_a_new_due_date(self, desk: Desk) -> None:
        reader = Reader(desk)
        call_command("mark_overdues", "--as-of", "2024-02-01T08:00:00+00:00", stdout=StringIO())
        assert self.told() == ["loan_became_overdue", "loan_still_overdue"]
        desk.post(f"/loans/{reader.loan['id']}/renew", at="2024-02-01T10:00:00Z")
        call_command("mark_overdues", "--as-of", "2024-02-16T08:00:00+00:00", stdout=StringIO())
        assert self.told() == ["loan_became_overdue", "loan_still_overdue", "loan_became_overdue"]


class TestUndoingAReturn:
    def test_restores_loan_fine_and_queue(self, desk: Desk) -> None:
        reader = Reader(desk)
        hold = desk.hold(reader.loan["book"], a_patron().card_number, at=BORROWED).json()
        desk.give_back(reader.copy.barcode, at="2024-02-02T10:00:00Z")
        undone = desk.post(f"/loans/{reader.loan['id']}/undo-return", at="2024-02-02T10:14:00Z")
        assert (undone.status_code, undone.json()["state"]) == (200, "open")
        assert reader.balance == "0.00"
        assert desk.get(f"/holds/{hold['id']}").json()["state"] == "waiting"

    def test_is_too_late_after_a_quarter_of_an_hour(self, desk: Desk) -> None:
        reader = Reader(desk)
        desk.give_back(reader.copy.barcode, at="2024-01-20T10:00:00Z")
        late = desk.post(f"/loans/{reader.loan['id']}/undo-return", at="2024-01-20T10:16:00Z")
        assert (late.status_code, codes(late)) == (409, ["undo_too_late"])

    def test_is_too_late_once_the_copy_has_moved_on(self, desk: Desk) -> None:
        reader = Reader(desk)
        desk.give_back(reader.copy.barcode, at="2024-01-20T10:00:00Z")
        desk.borrow(reader.copy.barcode, a_patron().card_number, at="2024-01-20T10:01:00Z")
        late = desk.post(f"/loans/{reader.loan['id']}/undo-return", at="2024-01-20T10:02:00Z")
        assert codes(late) == ["undo_too_late"]

    def test_charges_the_fine_again_when_it_comes_back_at_last(self, desk: Desk) -> None:
        reader = Reader(desk)
        desk.give_back(reader.copy.barcode, at="2024-02-02T10:00:00Z")
        desk.post(f"/loans/{reader.loan['id']}/undo-return", at="2024-02-02T10:05:00Z")
        desk.give_back(reader.copy.barcode, at="2024-02-03T10:00:00Z")
        assert reader.balance == "1.25"
