"""Letters from the desk's deed to the reader's eyes: what is told when, once, and in whose language."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client

from lending.models import LoanRow
from lending.services.commands.declare_lost import DeclareLost
from lending.services.commands.place_hold import PlaceHold
from lending.services.commands.return_book import ReturnBook
from lending.services.commands.undo_return import UndoReturn
from outbox.models import OutboxMessage
from patrons.adapters import wordings
from patrons.adapters.wordings import shipped
from patrons.bootstrap import compose
from patrons.domain.language import LANGUAGES
from patrons.domain.notice import KINDS
from patrons.models import NoticeRow
from patrons.services.commands.claim_notice import ClaimNotice
from patrons.services.commands.link_login import LinkLogin
from patrons.services.commands.queue_notice import QueueNotice
from patrons.services.commands.renew_membership import RenewMembership
from patrons.services.mail import LetterRejected
from patrons.services.patron_details import PatronDetails
from shared_kernel.domain.money import Money
from shared_kernel.services.commands import dispatch
from shared_kernel.services.request_context import with_context
from tests.factories import a_book, a_copy, a_loan
from tests.factories_patrons import a_patron

pytestmark = pytest.mark.django_db

BORROWED_AT = datetime(2024, 1, 1, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def letters(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    return tmp_path / "mail"


def on(day: date, command: str) -> None:
    call_command(command, "--as-of", f"{day.isoformat()}T10:00:00Z", stdout=StringIO())


def mailed(letters: Path) -> list[str]:
    """Subject and text of all letters, once all that is committed has been told."""
    call_command("relay_outbox", "--once", stdout=StringIO())
    call_command("deliver_notices", stdout=StringIO())
    files = sorted(letters.iterdir(), key=lambda file: file.stat().st_mtime_ns) if letters.exists() else []
    parsed = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    return [f"{letter['Subject']}\n{letter.get_content()}" for letter in parsed]


def a_dated_loan(patron: PatronDetails, *, title: str = "Emma") -> LoanRow:
    """Borrowed on 2024-01-01, due on 2024-01-15."""
    with with_context(acts_at=BORROWED_AT):
        copy = a_copy(book=a_book(title=title).id, price=Money.parse("20.00", "EUR"))
        return LoanRow.objects.get(id=a_loan(copy_barcode=copy.barcode, patron_card=patron.card_number).id)


class TestAnOverdueLoan:
    DUE = date(2024, 1, 15)

    def test_is_told_of_every_three_days_and_each_time_once(self, letters: Path) -> None:
        a_dated_loan(a_patron())
        told = []
        for late in range(1, 8):
            for _ in range(2):
                on(self.DUE + timedelta(days=late), "mark_overdues")
            told.append(sum("is overdue" in letter for letter in mailed(letters)))
        assert told == [0, 0, 1, 1, 1, 2, 2]
        assert [
            letter.count("Overdue for: 6 days") for letter in mailed(letters) if "is overdue" in letter
        ] == [0, 1]

    def test_is_told_of_anew_for_another_due_date(self, letters: Path) -> None:
        loan = a_dated_loan(a_patron())
        on(self.DUE + timedelta(days=3), "mark_overdues")
        assert sum("is overdue" in letter for letter in mailed(letters)) == 1
        LoanRow.objects.filter(id=loan.id).update(
            due_version=2, due_at=datetime(2024, 2, 1, 23, 59, 59, tzinfo=UTC)
        )
        on(date(2024, 2, 2), "mark_overdues")
        assert sum("is overdue" in letter for letter in mailed(letters)) == 1
        on(date(2024, 2, 4), "mark_overdues")
        assert sum("It was due: 1 February 2024" in letter for letter in mailed(letters)) == 1

    def test_is_not_told_of_once_it_is_back(self, letters: Path) -> None:
        loan = a_dated_loan(a_patron())
        mailed(letters)
        on(self.DUE + timedelta(days=3), "mark_overdues")
        dispatch(ReturnBook(copy_barcode=loan.barcode))
        assert not any("is overdue" in letter for letter in mailed(letters))
        assert NoticeRow.objects.get(kind="overdue").state == "withdrawn"

    def test_that_is_lost_is_told_with_what_it_costs(self, letters: Path) -> None:
        loan = a_dated_loan(a_patron())
        mailed(letters)
        with with_context(acts_at=datetime(2024, 1, 20, 10, tzinfo=UTC)):
            dispatch(DeclareLost(loan=loan.id))
        told = mailed(letters)
        assert any(letter.startswith("Emma is taken for lost") for letter in told)
        charges = [letter for letter in told if "your account was charged" in letter]
        assert any("€20.00" in charge and "something that was lost" in charge for charge in charges)
        assert any("something that came back late" in charge for charge in charges)


class TestAReturnScannedByMistake:
    def test_is_never_confirmed_if_it_is_undone_in_time(self, letters: Path) -> None:
        loan = a_dated_loan(a_patron())
        mailed(letters)
        dispatch(ReturnBook(copy_barcode=loan.barcode))
        dispatch(UndoReturn(loan=loan.id))
        told = mailed(letters)
        assert len(told) == 1
        assert "you have borrowed" in told[0]

    def test_is_taken_back_where_it_was_confirmed(self, letters: Path) -> None:
        loan = a_dated_loan(a_patron())
        dispatch(ReturnBook(copy_barcode=loan.barcode))
        assert any("you have returned" in letter for letter in mailed(letters))
        dispatch(UndoReturn(loan=loan.id))
        subjects = [letter.split("\n")[0] for letter in mailed(letters)]
        assert "Emma is still on loan to you" in subjects
        assert sum(subject.endswith("was taken off what you owe") for subject in subjects) == 1


class TestAHoldWhoseCopyIsGoneAgain:
    def test_is_told_to_whoever_would_come_in_vain(self, letters: Path) -> None:
        loan, waiting = a_dated_loan(a_patron()), a_patron()
        dispatch(PlaceHold(book=loan.book_id, patron_card=waiting.card_number))
        dispatch(ReturnBook(copy_barcode=loan.barcode))
        assert any("what you have waited for is here" in letter for letter in mailed(letters))
        dispatch(UndoReturn(loan=loan.id))
        subjects = [letter.split("\n")[0] for letter in mailed(letters)]
        assert "Emma is not ready for you after all" in subjects


class TestAMembershipThatEnds:
    def test_is_told_of_once_unless_it_was_renewed_before(self, letters: Path) -> None:
        a_patron(expires_on=date(2024, 2, 1))
        renewed = a_patron(expires_on=date(2024, 2, 1))
        on(date(2024, 1, 19), "remind_patrons")
        dispatch(RenewMembership(patron=renewed.id, expires_on=date(2025, 2, 1)))
        assert [letter.split("\n")[0] for letter in mailed(letters)] == [
            "Your membership ends on 1 February 2024"
        ]
        on(date(2024, 1, 20), "remind_patrons")
        assert len(mailed(letters)) == 1


class TestEveryKindOfLetter:
    @pytest.mark.parametrize("kind", KINDS)
    def test_is_worded_in_every_language_with_the_same_placeholders(self, kind: str) -> None:
        told = {language: shipped(kind, language).placeholders for language in LANGUAGES}
        assert told["en"] == told["de"]
        assert told["en"] <= set(KINDS[kind].placeholders)
        assert "name" in told["en"]

    @pytest.mark.parametrize("kind", KINDS)
    def test_is_worded_otherwise_in_each_language(self, kind: str) -> None:
        assert shipped(kind, "en").text.startswith("Dear {name},")
        assert shipped(kind, "de").text.startswith("Guten Tag {name},")

    def test_has_no_wording_that_belongs_to_none(self) -> None:
        folder = Path(wordings.__file__).with_name("wordings")
        assert {file.name for file in folder.rglob("*.txt")} == {f"{kind}.txt" for kind in KINDS}


class TestALanguage:
    LOAN = {"book_title": "Emma", "barcode": "B-1", "due_at": "2024-01-29T23:59:59Z"}

    def letter(self, language: str | None, kind: str, /, **params: Any) -> str:
        reader = a_patron(language=language)
        dispatch(QueueNotice(event_id=uuid4(), kind=kind, patron=reader.id, params=params))
        claimed = dispatch(ClaimNotice())
        assert claimed
        composed = compose(claimed)
        return f"{composed.subject}\n{composed.text}"

    def charge(self, language: str, amount: str, currency: str) -> str:
        money = {"amount": amount, "currency": currency}
        return self.letter(language, "charge", kind="lost", amount=money, balance=money)

    def test_writes_days_as_its_readers_do(self) -> None:
        assert "Due: 29 January 2024" in self.letter("en", "loan_receipt", **self.LOAN)
        assert "Rückgabe bis: 29. Januar 2024" in self.letter("de", "loan_receipt", **self.LOAN)

    @pytest.mark.parametrize(
        ("language", "amount", "currency", "written"),
        [
            ("en", "1234.50", "EUR", "€1,234.50"),
            ("de", "1234.50", "EUR", "1.234,50\u00a0€"),
            ("en", "0.25", "CHF", "CHF\u00a00.25"),
            ("de", "-3.00", "CHF", "−3,00\u00a0CHF"),
            ("en", "-3.00", "GBP", "−£3.00"),
            ("de", "1500", "JPY", "1.500\u00a0JPY"),
        ],
    )
    def test_writes_money_as_its_readers_do(
        self, language: str, amount: str, currency: str, written: str
    ) -> None:
        letter = self.charge(language, amount, currency)
        assert f": {written}\n" in letter
        assert ("Ersatz für Verlorenes" in letter) is (language == "de")

    @pytest.mark.parametrize("amount", ["much", "NaN", ""])
    def test_has_no_words_for_an_amount_that_is_none(self, amount: str) -> None:
        with pytest.raises(LetterRejected):
            self.charge("de", amount, "EUR")

    def test_counts_days_as_its_readers_do(self) -> None:
        late = {**self.LOAN, "was_overdue": True, "days_overdue": 17}
        assert "It came back 17 days late." in self.letter("en", "return_confirmation", **late)
        assert "Es kam 17 Tage zu spät zurück." in self.letter("de", "return_confirmation", **late)
        in_time = {**self.LOAN, "was_overdue": False, "days_overdue": 0}
        assert "late" not in self.letter("en", "return_confirmation", **in_time)

    def test_is_the_librarys_where_none_is_chosen(self, settings: Any) -> None:
        assert "Dear" in self.letter(None, "loan_receipt", **self.LOAN)
        settings.LETTERS_LANGUAGE = "de"
        assert "Guten Tag" in self.letter(None, "loan_receipt", **self.LOAN)
        assert "Dear" in self.letter("en", "loan_receipt", **self.LOAN)


class TestChoosingALanguage:
    def patch(self, client: Any, patron: PatronDetails, **body: Any) -> Any:
        return client.patch(f"/api/v1/patrons/{patron.id}", body, format="json")

    def test_is_the_desks_over_the_api(self, desk: Any) -> None:
        ada = a_patron()
        assert self.patch(desk, ada, language="de").json()["language"] == "de"
        assert self.patch(desk, ada, name="Ada King").json()["language"] == "de"
        assert self.patch(desk, ada, language=None).json()["language"] is None
        wrong = self.patch(desk, ada, language="fr")
        assert (wrong.status_code, wrong.json()["code"]) == (422, "unknown_language")
        assert wrong.json()["errors"][0]["pointer"] == "/language"

    def test_is_the_patrons_own_over_the_api(self, login_as: Callable[[str], Any], desk: Any) -> None:
        ada, bob, (browser, login) = a_patron(), a_patron(), login_as("patron")
        dispatch(LinkLogin(card=ada.card_number, login_id=login.id))
        for patron, status in ((ada, 200), (bob, 404)):
            body = json.dumps({"language": "de"})
            answer = browser.patch(f"/api/v1/patrons/{patron.id}", body, content_type="application/json")
            assert answer.status_code == status
        assert desk.get(f"/api/v1/patrons/{ada.id}").json()["language"] == "de"
        assert desk.get(f"/api/v1/patrons/{bob.id}").json()["language"] is None

    def test_is_the_desks_in_the_administration(self, login_as: Callable[[str], Any], desk: Any) -> None:
        ada, (browser, _) = a_patron(), login_as("librarian")
        page = f"/admin/patrons/patronrow/{ada.id}/contact/"
        assert "Deutsch" in browser.get(page).content.decode()
        fields = {
            "name": ada.name,
            "email": ada.email,
            "privacy": "default",
            "version": "1",
            "language": "de",
        }
        assert browser.post(page, fields).status_code == 302
        assert desk.get(f"/api/v1/patrons/{ada.id}").json()["language"] == "de"

    def test_is_possible_from_the_start(self, desk: Any) -> None:
        body = {"name": "Ada", "email": "ada@example.org", "category": "regular", "language": "de"}
        assert desk.post("/api/v1/patrons", body, format="json").json()["language"] == "de"

    def test_is_told_without_saying_which(self, desk: Any) -> None:
        ada = a_patron()
        self.patch(desk, ada, language="de")
        event = OutboxMessage.objects.get(type="patrons.patron_contact_changed.v1")
        assert json.loads(event.payload)["data"] == {"changed": ["language"]}


class TestThePatronsOwnPage:
    PAGE = "/my/letters"

    @pytest.fixture
    def mine(self, login_as: Callable[[str], Any]) -> tuple[Client, PatronDetails]:
        ada, (browser, login) = a_patron(), login_as("patron")
        dispatch(LinkLogin(card=ada.card_number, login_id=login.id))
        return browser, ada

    def choose(
        self,
        browser: Client,
        *wanted: str,
        language: str = "",
        privacy: str = "default",
        version: int = 1,
    ) -> Any:
        fields = {"wanted": wanted, "language": language, "privacy": privacy, "version": str(version)}
        return browser.post(self.PAGE, fields, follow=True)

    def test_shows_the_choice_and_changes_it(self, mine: tuple[Client, PatronDetails], desk: Any) -> None:
        browser, ada = mine
        assert "Something is due soon" in browser.get(self.PAGE).content.decode()
        assert self.PAGE in browser.get("/my/").content.decode()
        done = self.choose(browser, "due_soon", "loan_receipt", language="de", privacy="never")
        assert "Your choice is saved." in done.content.decode()
        now = desk.get(f"/api/v1/patrons/{ada.id}").json()
        assert (now["language"], now["privacy"]) == ("de", "never")
        assert now["declined_notices"] == [
            "hold_first",
            "membership_expiring",
            "payment_receipt",
            "renewal_confirmation",
            "return_confirmation",
        ]
        again = self.choose(browser, version=2)
        assert again.status_code == 200
        assert desk.get(f"/api/v1/patrons/{ada.id}").json()["language"] is None

    def test_says_so_if_the_choice_was_changed_meanwhile(self, mine: tuple[Client, PatronDetails]) -> None:
        browser, _ = mine
        self.choose(browser, "due_soon")
        assert "was changed since you loaded it" in self.choose(browser, "loan_receipt").content.decode()

    @pytest.mark.parametrize(
        "fields",
        [{"language": "fr"}, {"wanted": "hold_ready"}, {"privacy": "sometimes"}, {"version": "x"}],
    )
    def test_takes_nothing_that_there_is_not(
        self, mine: tuple[Client, PatronDetails], desk: Any, fields: dict[str, str]
    ) -> None:
        browser, ada = mine
        answer = browser.post(self.PAGE, {"language": "de", "privacy": "never", "version": "1", **fields})
        assert answer.status_code == 200
        assert desk.get(f"/api/v1/patrons/{ada.id}").json()["version"] == 1

    def test_is_of_no_use_to_a_login_without_a_patron(self, login_as: Callable[[str], Any]) -> None:
        browser, _ = login_as("patron")
        assert "not linked to a library card" in browser.get(self.PAGE).content.decode()
