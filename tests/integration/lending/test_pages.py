from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from lending.models import LoanRow
from lending.services.commands.return_book import ReturnBook
from patrons.services.commands.link_login import LinkLogin
from patrons.services.commands.update_contact import UpdateContact
from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from shared_kernel.services.request_context import with_context
from tests.factories import a_copy, a_loan
from tests.factories_patrons import a_patron
from tests.integration.conftest import Browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def librarian(browser: Browser) -> Client:
    return browser("librarian")


def text(response: Any) -> str:
    return str(response.content.decode())


class TestTheDesk:
    def test_is_for_librarians_alone(self, browser: Browser) -> None:
        assert browser("patron").get("/desk/").status_code == 403
        assert Client().get("/desk/").headers["Location"].startswith("/login")

    def test_lends_and_shows_the_patrons_loans(self, librarian: Client) -> None:
        patron, copy = a_patron(), a_copy()
        answer = librarian.post(
            "/desk/", {"patron": str(patron.email), "copy": copy.barcode, "lend": ""}, follow=True
        )
        assert answer.redirect_chain == [(f"/desk/?patron={patron.card_number}", 302)]
        assert "Lent “" in text(answer)
        assert copy.barcode in text(answer)
        assert patron.name in text(answer)

    def test_tells_every_reason_why_not(self, librarian: Client) -> None:
        patron, taken = a_patron(), a_loan()
        for _ in range(5):
            a_loan(patron_card=patron.card_number)
        form = {"patron": patron.card_number, "copy": taken.copy_barcode, "lend": ""}
        answer = librarian.post("/desk/", form)
        assert answer.status_code == 200
        assert "This copy is on loan to another patron." in text(answer)
        assert "5 of 5 loans. Return 1 first" in text(answer)
        assert "Lent “" not in text(answer)

    def test_lets_a_manager_lend_all_the_same_for_a_reason(self, browser: Browser) -> None:
        patron, copy, manager = a_patron(), a_copy(), browser("manager")
        for _ in range(5):
            a_loan(patron_card=patron.card_number)
        form = {"patron": patron.card_number, "copy": copy.barcode, "lend": ""}
        assert 'name="override" value="loan_limit_reached"' in text(manager.post("/desk/", form))
        manager.post("/desk/", {**form, "override": "loan_limit_reached", "comment": "thesis due"})
        assert LoanRow.objects.filter(patron_id=patron.id).count() == 6
        assert AuditEntry.objects.filter(comment="thesis due", outcome="done").count() == 1

    def test_takes_back_and_tells_where_the_copy_goes(self, librarian: Client) -> None:
        loan = a_loan()
        assert "Returned “" in text(
            librarian.post("/desk/", {"copy": loan.copy_barcode, "give_back": ""}, follow=True)
        )
        again = librarian.post("/desk/", {"copy": loan.copy_barcode, "give_back": ""}, follow=True)
        assert "already returned a moment ago" in text(again)
        assert "No copy has the barcode" in text(
            librarian.post("/desk/", {"copy": "nowhere", "give_back": ""})
        )

    def test_renews_from_the_patrons_list(self, librarian: Client) -> None:
        loan = a_loan()
        answer = librarian.post(f"/desk/renew/{loan.id}", {"patron": ""}, follow=True)
        assert "Renewed." in text(answer)
        assert librarian.post(f"/desk/burn/{loan.id}").status_code == 404

    def test_takes_a_payment(self, librarian: Client) -> None:
        patron = a_patron()
        with with_context(acts_at=datetime(2024, 1, 15, tzinfo=UTC)):
            loan = a_loan(patron_card=patron.card_number)
        with with_context(acts_at=datetime(2024, 2, 2, tzinfo=UTC)):
            dispatch(ReturnBook(copy_barcode=loan.copy_barcode))
        assert "Balance: <strong>1.00 EUR" in text(librarian.get("/desk/", {"patron": patron.card_number}))
        paid = librarian.post(
            f"/desk/pay/{patron.id}", {"amount": "1.00", "patron": patron.card_number}, follow=True
        )
        assert "Payment taken." in text(paid)
        assert "Balance" not in text(paid)

    def test_costs_the_same_queries_however_much_is_due(
        self, librarian: Client, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(3):
            a_loan()
        with django_assert_max_num_queries(12):
            librarian.get("/desk/")


class TestMyLibrary:
    def test_shows_a_patron_their_loans_and_renews_them(self, browser: Browser) -> None:
        client, mine, other = browser("patron"), a_patron(), a_loan()
        dispatch(LinkLogin(card=mine.card_number, login_id=int(client.session["_auth_user_id"])))
        loan = a_loan(patron_card=mine.card_number)
        page = text(client.get("/my/"))
        assert loan.copy_barcode in page
        assert other.copy_barcode not in page
        assert "Renewed." in text(client.post("/my/", {"renew": str(loan.id)}, follow=True))
        assert "No loan has this id" in text(client.post("/my/", {"renew": str(other.id)}, follow=True))

    @pytest.mark.parametrize(
        ("privacy", "said"),
        [
            ("default", "Your name is removed from past loans after the library’s usual time."),
            ("forever", "The library keeps your loan history."),
            ("never", "your name is removed from each loan when you return it."),
        ],
    )
    def test_says_how_long_past_loans_are_remembered(self, privacy: str, said: str, browser: Browser) -> None:
        client, mine = browser("patron"), a_patron()
        dispatch(LinkLogin(card=mine.card_number, login_id=int(client.session["_auth_user_id"])))
        dispatch(UpdateContact(patron=mine.id, privacy=privacy))
        assert said in text(client.get("/my/"))
        assert client.get("/api/v1/me").json()["privacy"] == privacy

    def test_says_so_where_a_login_is_no_patrons(self, browser: Browser) -> None:
        assert "not linked to a library card" in text(browser("patron").get("/my/"))
