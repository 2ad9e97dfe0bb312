"""A form that is sent twice, by a double click or from a page that the browser had kept, has one effect."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import Resolver404, resolve

from catalog.services.commands.change_copy_condition import ChangeCopyCondition
from lending.models import LoanRow
from lending.services.commands.return_book import ReturnBook
from outbox.models import OutboxMessage
from patrons.pages.passwords import link_requests
from patrons.services.commands.set_password import SetPassword
from shared_kernel.models import AuditEntry, IdempotencyRecord
from shared_kernel.services.codec import to_json
from shared_kernel.services.commands import dispatch
from shared_kernel.web.admin.base import CommandAdmin
from tests.factories import a_book, a_loan
from tests.integration.entry_points.access_table import OF_A_ROW, PAGES
from tests.integration.entry_points.forms import forms_in
from tests.integration.entry_points.sendings import SENDINGS, mine, ticked

pytestmark = pytest.mark.django_db

SENT_BEFORE = "This form was already sent with other contents. Reload the page and try again."
#: They change nothing but who is logged in.
OF_SESSIONS = {"login", "logout"}
#: Pages of a row that only show, or have no form.
WITHOUT_COMMANDS = ("choices/", ".csv", "report/{}/", "timeline/", "privacy/")


@pytest.fixture(autouse=True)
def _letters(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    link_requests.forget()


def done() -> tuple[int, int]:
    """How many commands were carried out, and how many events that made."""
    return AuditEntry.objects.filter(outcome="done").count(), OutboxMessage.objects.count()


def said(answer: Any) -> list[str]:
    """The messages that an answer leaves for the next page."""
    return [str(message) for message in answer.wsgi_request._messages._queued_messages]


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.parametrize("name", SENDINGS)
class TestAForm:
    def test_sent_twice_is_done_once_and_answered_alike(
        self, name: str, visit: Any, rows: Callable[[], dict[str, int]]
    ) -> None:
        visitor, make = SENDINGS[name]
        browser: Client = visit(visitor)
        browser.raise_request_exception = True
        form, _ = make(browser)
        assert form.key
        before, made = done(), rows()
        first = form.send(browser)
        assert first.status_code == (200 if name == "password" else 302), text(first)
        once, kept = done(), rows()
        assert once > before or (name == "password" and kept != made)  # a row for the worker
        again = form.send(browser)
        assert (again.status_code, again.headers.get("Location")) == (
            first.status_code,
            first.headers.get("Location"),
        )
        assert said(again) == said(first)
        assert (done(), rows()) == (once, kept)
        assert not AuditEntry.objects.filter(outcome="refused").exists()

    def test_sent_with_other_contents_is_not_done(self, name: str, visit: Any) -> None:
        visitor, make = SENDINGS[name]
        browser: Client = visit(visitor)
        form, other = make(browser)
        assert form.key == other.key
        form.send(browser)
        once = done()
        answer = other.send(browser)
        assert answer.status_code == 409
        assert SENT_BEFORE in text(answer)
        assert done() == once


class TestTheseForms:
    def test_are_all_that_give_commands(self) -> None:
        pages = {page for page, methods in PAGES.items() if "POST" in methods} - OF_SESSIONS
        of_rows = {page for page in OF_A_ROW if not page.endswith(WITHOUT_COMMANDS)}
        lists = set()
        for model, shown in admin.site._registry.items():
            page = f"{model._meta.app_label}/{model._meta.model_name}/"
            if isinstance(shown, CommandAdmin):
                lists |= {f"{page} {action}" for action in shown.actions}
                lists |= {f"{page}add/"} if shown.add_form else set()
        names = set(SENDINGS)
        assert lists <= names
        assert pages | of_rows <= {name.split(" ")[0] for name in names}


class TestAListThatIsSentAgain:
    """From a page whose filter hides by now what the action was for."""

    @pytest.mark.parametrize(
        ("name", "query"),
        [
            ("auth/user/ close", "?is_active__exact=1"),
            ("lending/loanrow/ return_copies", "?state__exact=open"),
            ("patrons/patronrow/ lift_block", "?blocked=yes"),
            ("patrons/patronrow/ erase", "?q=Lovelace"),
            ("patrons/noticerow/ send_again", "?attention=needed"),
        ],
    )
    def test_answers_alike_though_the_filter_hides_its_rows(self, name: str, query: str, visit: Any) -> None:
        browser: Client = visit("superuser")
        form = replace(form := SENDINGS[name][1](browser)[0], address=form.address + query)
        first, once = form.send(browser), done()
        again = form.send(browser)
        assert first.status_code == again.status_code == 302
        assert said(first) == said(again)
        assert said(first)[0].endswith(" done.")
        assert done() == once

    def test_is_for_all_that_it_was_for_the_first_time(self, visit: Any) -> None:
        browser: Client = visit("superuser")
        loans = [a_loan(), a_loan()]
        form = ticked(
            browser, "lending/loanrow", "return_copies", [loans[0].id], query="?state__exact=open"
        ).filled(select_across="1")
        assert said(form.send(browser)) == ["2 done."]
        later, once = a_loan(), done()
        assert said(form.send(browser)) == ["2 done."]
        assert done()[0] == once[0]
        assert LoanRow.objects.get(id=later.id).state == "open"

    def test_goes_on_with_what_was_refused(self, visit: Any) -> None:
        browser: Client = visit("superuser")
        lent, free = a_loan(), a_book()
        form = ticked(browser, "catalog/bookrow", "remove", [lent.book, free.id])
        first = said(form.send(browser))
        assert first[-1] == "1 done."
        assert len(first) == 2
        assert said(form.send(browser)) == first
        dispatch(ReturnBook(copy_barcode=lent.copy_barcode))
        dispatch(ChangeCopyCondition(barcode=lent.copy_barcode, condition="withdrawn", reason="old"))
        assert said(form.send(browser)) == ["2 done."]

    def test_may_be_sent_with_other_rows_if_nothing_came_of_it(self, visit: Any) -> None:
        browser: Client = visit("superuser")
        form = ticked(browser, "catalog/bookrow", "remove", [a_loan().book])
        assert "done" not in said(form.send(browser))[0]
        assert said(form.filled(_selected_action=[str(a_book().id)]).send(browser)) == ["1 done."]


class TestAKey:
    def test_can_be_used_with_mended_contents_after_a_refusal(self, visit: Any) -> None:
        browser: Client = visit("librarian")
        form, mended = SENDINGS["desk/ lend"][1](browser)
        refused = form.filled(copy="nowhere").send(browser)
        assert "No copy has the barcode" in text(refused)
        assert mended.send(browser).status_code == 302

    def test_used_twice_tells_of_one_payment(self, visit: Any) -> None:
        browser: Client = visit("librarian")
        form, _ = SENDINGS["desk/pay/{}"][1](browser)
        form.send(browser)  # the browser doesn't follow where it leads, since the form is sent again
        shown = text(browser.get(form.send(browser).headers["Location"]))
        assert shown.count("Payment taken.") == 1

    def test_is_its_owners_alone(self, visit: Any) -> None:
        librarian, manager = visit("librarian"), visit("manager")
        form, other = SENDINGS["desk/pay/{}"][1](librarian)
        assert said(form.send(librarian)) == said(other.send(manager)) == ["Payment taken."]

    @pytest.mark.parametrize("key", ["short", "ü" * 10, "with blank s", "x" * 129, "\0" * 10])
    def test_that_no_page_makes_is_refused(self, visit: Any, key: str) -> None:
        browser: Client = visit("librarian")
        form, _ = SENDINGS["desk/pay/{}"][1](browser)
        before = done()
        assert form.filled(idempotency_key=key).send(browser).status_code == 400
        assert done() == before

    def test_is_not_asked_of_a_program_that_sends_none(self, visit: Any) -> None:
        browser: Client = visit("librarian")
        form, _ = SENDINGS["desk/pay/{}"][1](browser)
        del form.values["idempotency_key"]
        assert said(form.send(browser)) == said(form.send(browser)) == ["Payment taken."]

    def test_keeps_no_digest_by_which_a_password_could_be_guessed(self, visit: Any) -> None:
        browser: Client = visit("anonymous")
        form, _ = SENDINGS["password/{}/{}"][1](browser)
        form.send(browser)
        [login, token] = form.address.removeprefix("/password/").split("/")
        guess = SetPassword(login=login, token=token, password=form.values["password"])
        digest = sha256(to_json(["SetPassword", guess])).hexdigest()
        assert IdempotencyRecord.objects.get(key=form.key).fingerprint != digest


class TestEveryPage:
    @pytest.mark.parametrize(
        ("visitor", "start", "fewest"),
        [
            ("superuser", ["/desk/", "/admin/"], 60),
            ("patron", ["/my/", "/my/letters"], 5),
            ("anonymous", ["/", "/login", "/password"], 2),
        ],
    )
    @pytest.mark.usefixtures("a_used_library")
    def test_has_a_key_of_its_own_in_each_form_that_is_sent(
        self, visitor: str, start: list[str], fewest: int, visit: Any
    ) -> None:
        browser: Client = visit(visitor)
        if visitor == "patron":
            loan = a_loan(patron_card=mine(browser).card_number)
            start = [*start, f"/books/{loan.book}"]
        pages = walk(browser, start)
        forms = [form for page in pages for form in forms_in(*page) if form.method == "post"]
        assert len(forms) >= fewest
        assert [form.address for form in forms if not form.key] == []
        assert len({form.key for form in forms}) == len(forms)


def walk(browser: Client, start: list[str]) -> Iterator[tuple[str, str]]:
    """The pages of the site that links lead to, a few of each kind, with their addresses."""
    seen, todo = Counter[str](), list(start)
    while todo:
        address = urljoin("/", todo.pop(0).partition("#")[0])
        try:
            route = resolve(urlsplit(address).path).route
        except Resolver404:
            continue
        if address.startswith(("//", "/static/")) or seen[route] >= 3:
            continue
        seen[route] += 1
        answer = browser.get(address, follow=True, headers={"Accept": "text/html"})
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            page = text(answer)
            yield page, address
            todo += [urljoin(address, unescape(link)) for link in re.findall(r'href="([^"]+)"', page)]
