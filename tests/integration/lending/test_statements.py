import csv
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from lending.services.commands.post_payment import PostPayment
from lending.services.commands.waive_charge import WaiveCharge
from patrons.services.commands.link_login import LinkLogin
from shared_kernel.services.commands import dispatch
from tests.factories import a_book, a_copy
from tests.factories_patrons import a_patron
from tests.integration.conftest import Browser, Token
from tests.integration.lending.desk import Desk

pytestmark = pytest.mark.django_db


class Debtor:
    """Owed 1.00 for Middlemarch, paid 0.40 and was forgiven the rest; another loan is overdue."""

    def __init__(self, desk: Desk, *, title: str = "Middlemarch", reason: str = "the flood") -> None:
        self.patron = a_patron(name="Dorothea Casaubon")
        copy = a_copy(book=a_book(title=title).id)
        desk.borrow(copy.barcode, self.patron.card_number, at="2024-01-15T10:00:00Z")
        desk.give_back(copy.barcode, at="2024-02-02T10:00:00Z")
        desk.borrow(a_copy().barcode, self.patron.card_number, at="2024-01-15T10:00:00Z")
        dispatch(PostPayment(patron=self.patron.id, amount="0.40"))
        charge = self.account(desk)["entries"][0]["id"]
        dispatch(WaiveCharge(patron=self.patron.id, charge=UUID(charge), amount="0.60", reason=reason))

    def account(self, desk: Desk) -> Any:
        return desk.get(f"/patrons/{self.patron.id}/account").json()


def as_csv(client: Client, patron: object, **headers: Any) -> list[dict[str, str]]:
    response: Any = client.get(f"/api/v1/patrons/{patron}/account.csv", **headers)
    assert (response.status_code, response["Content-Type"].split(";")[0]) == (200, "text/csv")
    text = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(StringIO(text, newline="")))


class TestAStatement:
    def test_is_printed_at_the_desk_with_the_balance_after_each_line(
        self, desk: Desk, browser: Browser
    ) -> None:
        debtor = Debtor(desk)
        page = browser("librarian").get(f"/desk/statement/{debtor.patron.id}")
        assert page["Cache-Control"] == "no-store"
        text = " ".join(page.content.decode().split())
        for told in ("Dorothea Casaubon", debtor.patron.card_number, "Overdue: Middlemarch", "the flood"):
            assert told in text
        cells = [">1.00<", ">0.40<", ">0.60<"]
        assert [text.index(cell) for cell in cells] == sorted(text.index(cell) for cell in cells)
        assert "Balance: <strong>0.00 EUR</strong>. Overdue loans would add" in text

    def test_is_seen_by_patrons_of_their_own_account_alone(self, desk: Desk, browser: Browser) -> None:
        debtor, client = Debtor(desk), browser("patron")
        assert client.get("/my/statement").status_code == 404
        login = int(client.session["_auth_user_id"])
        dispatch(LinkLogin(card=debtor.patron.card_number, login_id=login))
        assert "Overdue: Middlemarch" in client.get("/my/statement").content.decode()
        assert "/my/statement" in client.get("/my/").content.decode()
        assert client.get(f"/desk/statement/{debtor.patron.id}").status_code == 403
        assert len(as_csv(client, debtor.patron.id)) == 3
        assert client.get(f"/api/v1/patrons/{a_patron().id}/account.csv").status_code == 404

    def test_is_reached_from_the_patron_at_the_desk(self, desk: Desk, browser: Browser) -> None:
        patron = a_patron()
        page = browser("librarian").get("/desk/", {"patron": patron.card_number}).content.decode()
        assert f"/desk/statement/{patron.id}" in page

    def test_is_reached_from_the_patron_in_the_administration_too(self, browser: Browser) -> None:
        patron = a_patron()
        page = browser("librarian").get(f"/admin/patrons/patronrow/{patron.id}/change/").content.decode()
        assert f"/desk/statement/{patron.id}" in page
        assert f"/api/v1/patrons/{patron.id}/account.csv" in page

    def test_of_nobody_is_not_found(self, browser: Browser) -> None:
        assert browser("librarian").get(f"/desk/statement/{uuid4()}").status_code == 404


class TestTheFile:
    def test_adds_up_to_the_account(self, desk: Desk) -> None:
        debtor = Debtor(desk)
        rows = as_csv(desk.client, debtor.patron.id, headers=desk.headers)
        told = [(row["kind"], row["charge"], row["credit"], row["balance"]) for row in rows]
        assert told == [
            ("overdue", "1.00", "", "1.00"),
            ("payment", "", "0.40", "0.60"),
            ("waiver", "", "0.60", "0.00"),
        ]
        assert {row["entry"] for row in rows} == {it["id"] for it in debtor.account(desk)["entries"]}
        assert rows[0]["at"] == "2024-02-02T10:00:00Z"

    @pytest.mark.parametrize("begins", ["=", "+", "-", "@"])
    def test_runs_nothing_in_a_spreadsheet(self, desk: Desk, begins: str) -> None:
        debtor = Debtor(desk, title=f"{begins}cmd", reason=f'{begins}1,"2"')
        overdue, _, waiver = as_csv(desk.client, debtor.patron.id, headers=desk.headers)
        assert overdue["title"] == f"'{begins}cmd"
        assert waiver["reason"] == f'\'{begins}1,"2"'

    def test_is_for_those_who_see_the_account(self, token: Token) -> None:
        patron = a_patron()
        for scope, status in (("accounts:write", 200), ("circulation:read", 200), ("catalog:read", 403)):
            answer = Client().get(f"/api/v1/patrons/{patron.id}/account.csv", headers=token(scope))
            assert answer.status_code == status
