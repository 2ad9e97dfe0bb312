"""A manager words letters otherwise: previewed, refused with a reason where it can't be, and on record."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from patrons.adapters.wordings import DjangoWordings
from patrons.bootstrap import compose
from patrons.domain.notice import KINDS
from patrons.domain.wording import Wording
from patrons.models import NoticeRow, WordingRow
from patrons.services.commands.claim_notice import ClaimNotice
from patrons.services.commands.revise_wording import AlreadyAsShipped, ResetWording, ReviseWording
from shared_kernel.domain.errors import ConcurrentChange, NotFound, PreconditionFailed, Refused
from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from tests.factories_patrons import a_patron, owe

pytestmark = pytest.mark.django_db

LIST = "/admin/patrons/wordingrow/"
RECEIPT = f"{LIST}loan_receipt-en/edit/"
OWN = {"subject": "Enjoy {book_title}", "text": "Hello {name},\nback by {due_on}.", "version": "0"}


@pytest.fixture
def manager(login_as: Callable[[str], Any]) -> Client:
    browser: Client = login_as("manager")[0]
    return browser


@pytest.fixture
def librarian(login_as: Callable[[str], Any]) -> Client:
    browser: Client = login_as("librarian")[0]
    return browser


def send(browser: Client, button: str, address: str = RECEIPT, **fields: str) -> Any:
    return browser.post(address, {**OWN, button: "", **fields}, follow=True)


def page(answer: Any) -> str:
    text: str = answer.content.decode()
    return text


def next_letter(language: str = "en") -> tuple[str, str]:
    NoticeRow.objects.all().delete()
    owe(patron=a_patron(name="Ada", language=language), book_title="Emma & <Co>")
    claimed = dispatch(ClaimNotice())
    assert claimed
    letter = compose(claimed)
    return letter.subject, letter.text


class TestTheList:
    def test_shows_every_letter_in_every_language_and_who_worded_it(self, manager: Client) -> None:
        shown = page(manager.get(LIST))
        assert shown.count("as shipped") >= 2 * len(KINDS)
        assert f"{LIST}loan_receipt-de/edit/" in shown
        send(manager, "save")
        shown = page(manager.get(LIST))
        assert "own wording, version 1" in shown
        assert "by the-manager" in shown

    def test_reads_the_wordings_at_once(self, manager: Client, django_assert_max_num_queries: Any) -> None:
        for subject in ("One", "Two"):
            dispatch(ReviseWording(kind="due_soon", language="en", subject=subject, text="Dear {name}"))
        with django_assert_max_num_queries(12):
            assert "Two" in page(manager.get(LIST))


class TestTheEditor:
    def test_shows_what_is_shipped_what_it_makes_and_which_placeholders_there_are(
        self, manager: Client
    ) -> None:
        shown = page(manager.get(RECEIPT))
        assert "This letter is worded as shipped." in shown
        assert "You borrowed {book_title}" in shown
        assert "You borrowed The Left Hand of Darkness" in shown
        assert "10 March 2026" in shown
        assert all(f"<code>{{{each}}}</code>" in shown for each in KINDS["loan_receipt"].placeholders)
        assert "10. März 2026" in page(manager.get(f"{LIST}loan_receipt-de/edit/"))

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("language", ["en", "de"])
    def test_previews_every_letter(self, manager: Client, kind: str, language: str) -> None:
        shown = page(manager.get(f"{LIST}{kind}-{language}/edit/"))
        assert "Ada Lovelace" in shown
        assert 'class="errors"' not in shown

    def test_previews_before_it_saves(self, manager: Client) -> None:
        shown = page(send(manager, "preview"))
        assert "Enjoy The Left Hand of Darkness" in shown
        assert "Hello Ada Lovelace" in shown
        assert not WordingRow.objects.exists()

    def test_saves_what_the_next_letter_is_worded_like_in_that_language_alone(self, manager: Client) -> None:
        assert "The wording is saved" in page(send(manager, "save"))
        assert next_letter() == ("Enjoy Emma & <Co>", "Hello Ada,\nback by 29 January 2024.\n")
        assert next_letter("de")[0] == "Ausgeliehen: Emma & <Co>"

    def test_goes_back_to_what_is_shipped_and_keeps_who_decided_what_when(self, manager: Client) -> None:
        send(manager, "save")
        assert "worded as shipped" in page(send(manager, "reset", version="1"))
        assert next_letter()[0] == "You borrowed Emma & <Co>"
        shown = page(manager.get(RECEIPT))
        assert "This letter is worded as shipped." in shown
        assert "Enjoy {book_title}" in shown
        versions = WordingRow.objects.filter(kind="loan_receipt", language="en").order_by("version")
        assert [(row.version, bool(row.text)) for row in versions] == [(1, True), (2, False)]
        assert all(row.set_by.startswith("user:") and row.set_at for row in versions)
        audit = AuditEntry.objects.filter(outcome="done", action__in=["ReviseWording", "ResetWording"])
        assert sorted((each.action, each.subjects["letter"]) for each in audit) == [
            ("ResetWording", "loan_receipt.en"),
            ("ReviseWording", "loan_receipt.en"),
        ]

    @pytest.mark.parametrize("button", ["preview", "save"])
    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("Dear {nmae}", "Line 1: letters of this kind have no placeholder {nmae}."),
            ("Dear\n{name", "Line 2: unmatched “{”."),
            ("{name.__class__.__mro__}", "have no placeholder {name.__class__.__mro__}"),
            ("{email}", "have no placeholder {email}"),
            ("", "This field is required."),
        ],
    )
    def test_refuses_what_makes_no_letter_and_says_why(
        self, manager: Client, button: str, text: str, reason: str
    ) -> None:
        shown = page(send(manager, button, text=text))
        assert reason in shown
        assert not WordingRow.objects.exists()

    def test_takes_a_templates_code_for_words(self, manager: Client) -> None:
        code = "{{% debug %}} {{{{ settings.SECRET_KEY }}}} <script>alert(1)</script> {name}"
        shown = page(send(manager, "preview", text=code))
        assert "{% debug %} {{ settings.SECRET_KEY }} &lt;script&gt;" in shown
        assert "<script>alert(1)" not in shown

    def test_says_so_if_somebody_else_was_quicker(self, manager: Client) -> None:
        send(manager, "save")
        shown = page(send(manager, "save", subject="Mine {book_title}"))
        assert "was changed since you loaded it and is now at version 1" in shown
        assert "Mine {book_title}" in shown
        assert page(send(manager, "reset", version="0")).count("was changed since you loaded it")
        assert WordingRow.objects.count() == 1

    def test_knows_no_letter_that_there_is_not(self, manager: Client) -> None:
        for letter in ("pigeon-en", "loan_receipt-fr", "loan_receipt"):
            assert manager.get(f"{LIST}{letter}/edit/").status_code == 404


class TestWhoMayNot:
    def test_look_but_not_write_are_the_librarians(self, librarian: Client) -> None:
        shown = page(librarian.get(RECEIPT))
        assert "You borrowed" in shown
        assert 'name="save"' not in shown
        for button in ("save", "reset", "preview"):
            assert send(librarian, button).status_code == 403
        assert not WordingRow.objects.exists()

    def test_look_are_the_operators(self, login_as: Callable[[str], Any]) -> None:
        operator = login_as("operator")[0]
        assert operator.get(LIST).status_code == 403
        assert operator.get(RECEIPT).status_code == 403


class TestALetterInHtml:
    def test_escapes_what_people_and_wordings_say(self) -> None:
        wording = ReviseWording(
            kind="loan_receipt", language="en", subject="S", text="<b>{name}</b>\n{book_title}"
        )
        dispatch(wording)
        owe(patron=a_patron(name="Ada <i>"), book_title="<script>x</script>")
        claimed = dispatch(ClaimNotice())
        assert claimed
        letter = compose(claimed)
        assert letter.text == "<b>Ada <i></b>\n<script>x</script>\n"
        body = "<p>&lt;b&gt;Ada &lt;i&gt;&lt;/b&gt;<br>&lt;script&gt;x&lt;/script&gt;</p>\n"
        assert letter.html == f'<!doctype html>\n<html lang="en"><body>\n{body}</body></html>\n'


class TestAWordingOfAnotherRelease:
    @pytest.fixture(autouse=True)
    def _worded(self) -> None:
        dispatch(ReviseWording(kind="loan_receipt", language="en", subject="S", text="Dear {name}"))
        WordingRow.objects.update(text="Dear {nickname}")

    def test_gives_way_to_what_is_shipped(self) -> None:
        assert next_letter()[0] == "You borrowed Emma & <Co>"

    def test_can_be_mended(self, manager: Client) -> None:
        assert "worded as shipped. Preview it to see what." in page(manager.get(RECEIPT))
        assert "have no placeholder {nickname}" in page(send(manager, "preview", text="Dear {nickname}"))
        assert "The wording is saved" in page(send(manager, "save", version="1"))


class TestTheCommands:
    def test_know_no_other_letter(self) -> None:
        for command in (
            ReviseWording(kind="pigeon", language="en", subject="S", text="T"),
            ResetWording(kind="pigeon", language="en"),
        ):
            with pytest.raises(NotFound):
                dispatch(command)
        with pytest.raises(Refused):
            dispatch(ReviseWording(kind="due_soon", language="fr", subject="S", text="T"))

    def test_refuse_a_version_that_is_past(self) -> None:
        first = ReviseWording(kind="due_soon", language="en", subject="S", text="T", version=0)
        assert dispatch(first) == 1
        with pytest.raises(PreconditionFailed):
            dispatch(first)

    def test_let_one_of_two_at_the_same_moment_go_first(self) -> None:
        wording, now = Wording(subject="S", text="T"), timezone.now()
        decide = partial(
            DjangoWordings().add, "due_soon", "en", version=1, wording=wording, at=now, by="user:1"
        )
        decide()
        with pytest.raises(ConcurrentChange):
            decide()
        assert WordingRow.objects.count() == 1

    def test_go_back_only_from_something_else(self) -> None:
        with pytest.raises(AlreadyAsShipped):
            dispatch(ResetWording(kind="due_soon", language="en"))
