"""Every form of the site that gives a command, filled in, beside the same form with other contents.

They are named by the page as access_table.py has it, and by what it does where a page can do several things.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from catalog.services.commands.accept_import import AcceptImport
from catalog.services.imports.worker import ImportWorker
from lending.models import BranchRow
from lending.services.commands.add_closure import AddClosure
from lending.services.commands.place_hold import PlaceHold
from lending.services.commands.return_book import ReturnBook
from outbox.models import OutboxMessage, QuarantinedMessage
from patrons.models import NoticeRow
from patrons.services.commands.add_block import AddBlock
from patrons.services.commands.link_login import LinkLogin
from patrons.services.commands.revise_wording import ReviseWording
from patrons.services.commands.send_password_link import SendPasswordLink
from patrons.services.commands.suspend_patron import SuspendPatron
from patrons.services.patron_details import PatronDetails
from shared_kernel.services.commands import dispatch
from shared_kernel.services.request_context import with_context
from tests.factories import a_book, a_branch, a_copy, a_loan
from tests.factories_patrons import a_patron, owe
from tests.integration.entry_points.forms import Form, forms_in, forms_on, the_form

Sending = Callable[[Client], tuple[Form, Form]]

#: By name, with the visitor who sends it.
SENDINGS: dict[str, tuple[str, Sending]] = {}


def sending(name: str, *, by: str = "superuser") -> Callable[[Sending], Sending]:
    """Register a form under a name."""

    def register(make: Sending) -> Sending:
        assert name not in SENDINGS
        SENDINGS[name] = (by, make)
        return make

    return register


def owing() -> PatronDetails:
    """A patron who owes 1.00 EUR."""
    patron = a_patron()
    with with_context(acts_at=datetime(2024, 1, 15, tzinfo=UTC)):
        loan = a_loan(patron_card=patron.card_number)
    with with_context(acts_at=datetime(2024, 2, 2, tzinfo=UTC)):
        dispatch(ReturnBook(copy_barcode=loan.copy_barcode))
    return patron


def mine(browser: Client) -> PatronDetails:
    """The patron whose login this is."""
    patron = a_patron()
    dispatch(LinkLogin(card=patron.card_number, login_id=int(browser.session["_auth_user_id"])))
    return patron


def link_to_set_a_password(patron: PatronDetails) -> str:
    """The path of the link in the letter that the patron gets."""
    dispatch(SendPasswordLink(to=patron.card_number))
    call_command("deliver_notices", "--json")
    latest = max(Path(settings.EMAIL_FILE_PATH).iterdir(), key=lambda file: file.stat().st_mtime_ns)
    found = re.search(re.escape(settings.PUBLIC_URL) + r"(/password/\S+)", latest.read_text())
    assert found
    return found[1]


# The desk, and a patron's own pages.


@sending("desk/ lend", by="librarian")
def lend(browser: Client) -> tuple[Form, Form]:
    form = the_form(forms_on(browser, "/desk/"), "lend").filled(
        patron=a_patron().card_number, copy=a_copy().barcode, lend=""
    )
    return form, form.filled(copy=a_copy().barcode)


@sending("desk/ give_back", by="librarian")
def give_back(browser: Client) -> tuple[Form, Form]:
    form = the_form(forms_on(browser, "/desk/"), "give_back").filled(copy=a_loan().copy_barcode, give_back="")
    return form, form.filled(copy=a_loan().copy_barcode)


@sending("desk/pay/{}", by="librarian")
def pay(browser: Client) -> tuple[Form, Form]:
    form = the_form(forms_on(browser, f"/desk/?patron={owing().card_number}"), "amount").filled(amount="0.50")
    return form, form.filled(amount="0.40")


@sending("desk/{}/{} renew", by="librarian")
def renew(browser: Client) -> tuple[Form, Form]:
    card = a_patron().card_number
    loan, other = a_loan(patron_card=card), a_loan(patron_card=card)
    form = the_form(forms_on(browser, f"/desk/?patron={card}"), "patron", card, to=f"/desk/renew/{loan.id}")
    return form, Form(f"/desk/renew/{other.id}", values=form.values)


@sending("desk/{}/{} cancel", by="librarian")
def cancel(browser: Client) -> tuple[Form, Form]:
    card = a_patron().card_number
    hold = dispatch(PlaceHold(book=a_loan().book, patron_card=card))
    form = the_form(forms_on(browser, f"/desk/?patron={card}"), "patron", card, to="/desk/cancel/")
    return form, Form(f"/desk/ready/{hold.id}", values=form.values)


@sending("desk/{}/{} ready", by="librarian")
def ready(browser: Client) -> tuple[Form, Form]:
    dispatch(PlaceHold(book=a_copy().book, patron_card=a_patron().card_number))
    form = the_form(forms_on(browser, "/desk/"), "idempotency_key", to="/desk/ready/")
    return form, Form(form.address.replace("ready", "not-found"), values=form.values)


@sending("desk/{}/{} not-found", by="librarian")
def not_found(browser: Client) -> tuple[Form, Form]:
    dispatch(PlaceHold(book=a_copy().book, patron_card=a_patron().card_number))
    form = the_form(forms_on(browser, "/desk/"), "idempotency_key", to="/desk/not-found/")
    return form, Form(form.address.replace("not-found", "ready"), values=form.values)


@sending("my/ renew", by="patron")
def renew_mine(browser: Client) -> tuple[Form, Form]:
    card = mine(browser).card_number
    loan, other = a_loan(patron_card=card), a_loan(patron_card=card)
    form = the_form(forms_on(browser, "/my/"), "renew", str(loan.id))
    return form, form.filled(renew=str(other.id))


@sending("my/ cancel", by="patron")
def cancel_mine(browser: Client) -> tuple[Form, Form]:
    card = mine(browser).card_number
    hold = dispatch(PlaceHold(book=a_loan().book, patron_card=card))
    other = dispatch(PlaceHold(book=a_loan().book, patron_card=card))
    form = the_form(forms_on(browser, "/my/"), "cancel", str(hold.id))
    return form, form.filled(cancel=str(other.id))


@sending("my/letters", by="patron")
def letters(browser: Client) -> tuple[Form, Form]:
    mine(browser)
    form = the_form(forms_on(browser, "/my/letters"), "privacy").filled(privacy="never")
    return form, form.filled(privacy="forever")


@sending("password", by="anonymous")
def ask_for_a_link(browser: Client) -> tuple[Form, Form]:
    form = the_form(forms_on(browser, "/password"), "to").filled(to=a_patron().card_number)
    return form, form.filled(to=a_patron().card_number)


@sending("password/{}/{}", by="anonymous")
def set_a_password(browser: Client) -> tuple[Form, Form]:
    form = the_form(forms_on(browser, link_to_set_a_password(a_patron())), "password")
    form = form.filled(password="correct horse battery", again="correct horse battery")
    return form, form.filled(password="another horse battery", again="another horse battery")


# Forms of the administration that make something.


def adding(browser: Client, model: str, values: dict[str, Any], **other: Any) -> tuple[Form, Form]:
    form = the_form(forms_on(browser, f"/admin/{model}/add/"), next(iter(values))).filled(**values)
    return form, form.filled(**other)


@sending("catalog/bookrow/add/")
def add_book(browser: Client) -> tuple[Form, Form]:
    return adding(
        browser, "catalog/bookrow", {"title": "Romola", "authors": "Eliot, George", "copies": "1"}, copies="2"
    )


@sending("catalog/copyrow/add/")
def add_copy(browser: Client) -> tuple[Form, Form]:
    return adding(browser, "catalog/copyrow", {"book": str(a_book().id), "price": "3.50"}, price="4")


@sending("catalog/importrow/add/")
def upload(browser: Client) -> tuple[Form, Form]:
    rows = b"title,author\nRomola,George Eliot\n"
    return adding(browser, "catalog/importrow", {"file": rows}, file=rows + b"Felix Holt,George Eliot\n")


@sending("patrons/patronrow/add/")
def register(browser: Client) -> tuple[Form, Form]:
    values = {"name": "Ada Lovelace", "email": "ada@example.org", "expires_on": "2999-12-31"}
    return adding(browser, "patrons/patronrow", values, expires_on="")


@sending("patrons/categoryrow/add/")
def define_category(browser: Client) -> tuple[Form, Form]:
    return adding(browser, "patrons/categoryrow", {"code": "guest", "name": "Guests"}, name="Visitors")


@sending("lending/loanrow/add/")
def lend_in_the_administration(browser: Client) -> tuple[Form, Form]:
    values = {"patron_card": a_patron().card_number, "copy_barcode": a_copy().barcode}
    return adding(browser, "lending/loanrow", values, copy_barcode=a_copy().barcode)


@sending("lending/returnrow/add/")
def return_in_the_administration(browser: Client) -> tuple[Form, Form]:
    values = {"copy_barcode": a_loan().copy_barcode}
    return adding(browser, "lending/returnrow", values, copy_barcode=a_loan().copy_barcode)


@sending("lending/branchrow/add/")
def add_branch(browser: Client) -> tuple[Form, Form]:
    return adding(browser, "lending/branchrow", {"code": "EAST", "name": "East"}, name="Far East")


# Forms of the administration that change one thing.


@sending("catalog/bookrow/{}/revise/")
def revise(browser: Client) -> tuple[Form, Form]:
    forms = forms_on(browser, f"/admin/catalog/bookrow/{a_book().id}/revise/")
    form = the_form(forms, "title").filled(title="Middlemarch, revised")
    return form, form.filled(title="Middlemarch, revised again")


@sending("catalog/copyrow/{}/condition/")
def change_condition(browser: Client) -> tuple[Form, Form]:
    forms = forms_on(browser, f"/admin/catalog/copyrow/{a_copy().id}/condition/")
    form = the_form(forms, "condition").filled(condition="damaged", reason="wet")
    return form, form.filled(reason="torn")


@sending("catalog/importrow/{}/revert/")
def revert(browser: Client) -> tuple[Form, Form]:
    accepted = [
        dispatch(AcceptImport(name="books.csv", content=f"title,author\n{title},Eliot\n".encode()))
        for title in ("Romola", "Felix Holt")
    ]
    ImportWorker().work(seconds=30)
    first, second = (f"/admin/catalog/importrow/{each.id}/revert/" for each in accepted)
    form = the_form(forms_on(browser, first), "sure").filled(sure="on")
    return form, Form(second, values=form.values)


@sending("patrons/patronrow/{}/contact/")
def change_contact(browser: Client) -> tuple[Form, Form]:
    forms = forms_on(browser, f"/admin/patrons/patronrow/{a_patron().id}/contact/")
    form = the_form(forms, "email").filled(name="Ada King")
    return form, form.filled(name="Ada Byron")


def undelivered() -> NoticeRow:
    """A notice that failed."""
    notice = owe()
    NoticeRow.objects.filter(id=notice.id).update(state="failed")
    return notice


@sending("patrons/noticerow/{}/send-again/")
def send_again(browser: Client) -> tuple[Form, Form]:
    address = f"/admin/patrons/noticerow/{undelivered().id}/send-again/"
    form = the_form(forms_on(browser, address), "idempotency_key", to=address)
    return form, form.filled(more="than the form has")


@sending("patrons/wordingrow/{}/edit/ save")
def revise_wording(browser: Client) -> tuple[Form, Form]:
    forms = forms_on(browser, "/admin/patrons/wordingrow/loan_receipt-en/edit/")
    form = the_form(forms, "subject").filled(subject="Enjoy {book_title}", save="")
    return form, form.filled(subject="Do enjoy {book_title}")


@sending("patrons/wordingrow/{}/edit/ reset")
def reset_wording(browser: Client) -> tuple[Form, Form]:
    text = "Hello {name},\nback by {due_on}."
    wording = ReviseWording(kind="loan_receipt", language="en", subject="Enjoy", text=text, version=0)
    dispatch(wording)
    forms = forms_on(browser, "/admin/patrons/wordingrow/loan_receipt-en/edit/")
    form = the_form(forms, "subject").filled(reset="")
    saved = {name: value for name, value in form.values.items() if name != "reset"}
    return form, Form(form.address, values={**saved, "subject": "Do enjoy", "save": ""})


@sending("lending/circulationrulerow/edit/")
def set_rule(browser: Client) -> tuple[Form, Form]:
    forms = forms_on(browser, "/admin/lending/circulationrulerow/edit/?category=premium")
    form = the_form(forms, "reason").filled(loan_days="21", reason="they asked", save="")
    return form, form.filled(loan_days="22")


def branch_page() -> str:
    """The page of a new branch."""
    a_branch("EAST")
    return f"/admin/lending/branchrow/{BranchRow.objects.get(code='EAST').pk}/change/"


@sending("lending/branchrow/{}/change/ close")
def close_branch(browser: Client) -> tuple[Form, Form]:
    form = the_form(forms_on(browser, branch_page()), "first_on")
    form = form.filled(first_on="2999-01-01", last_on="2999-01-02", reason="works", close="")
    return form, form.filled(reason="holidays")


@sending("lending/branchrow/{}/change/ reopen")
def reopen_branch(browser: Client) -> tuple[Form, Form]:
    address, asking = branch_page(), datetime(2999, 1, 1, tzinfo=UTC).date()
    dispatch(AddClosure(branch="EAST", first_on=asking, last_on=asking, reason="works"))
    asked = the_form(forms_on(browser, address), "confirm_reopen")
    page = asked.filled(confirm_reopen=asked.buttons[0][1]).send(browser).content.decode()
    form = the_form(forms_in(page, address), "reopen")
    form = form.filled(reopen=form.buttons[0][1])
    others = {name: value for name, value in form.values.items() if name != "reopen"}
    days = {"first_on": "2999-02-01", "last_on": "2999-02-02", "reason": "holidays", "close": ""}
    return form, Form(address, values={**others, **days})


@sending("shared_kernel/breaker/")
def hold_breaker_open(browser: Client) -> tuple[Form, Form]:
    forms = forms_on(browser, "/admin/shared_kernel/breaker/")
    form = the_form(forms, "name", "sendgrid").filled(order="open", comment="they move house")
    return form, form.filled(comment="they moved house")


# Actions of the administration, for the rows that are ticked.


def ticked(browser: Client, model: str, action: str, chosen: list[Any], *, query: str = "") -> Form:
    """The list's form with an action, and rows ticked."""
    form = the_form(forms_on(browser, f"/admin/{model}/{query}"), "_selected_action")
    return form.filled(action=action, index="0", _selected_action=[str(key) for key in chosen])


def acting(
    browser: Client, model: str, action: str, first: list[Any], second: list[Any]
) -> tuple[Form, Form]:
    """An action that asks nothing, for these rows, or for those."""
    form = ticked(browser, model, action, first)
    return form, form.filled(_selected_action=[str(key) for key in second])


def asking(
    browser: Client, model: str, action: str, chosen: list[Any], values: dict[str, str], other: dict[str, str]
) -> tuple[Form, Form]:
    """An action that asks for more, filled in."""
    asked = ticked(browser, model, action, chosen)
    page = asked.send(browser).content.decode()
    form = the_form(forms_in(page, asked.address), next(iter(values)))
    form = form.filled(_selected_action=[str(key) for key in chosen], **values)
    return form, form.filled(**other)


@sending("catalog/bookrow/ remove")
def remove_books(browser: Client) -> tuple[Form, Form]:
    return acting(browser, "catalog/bookrow", "remove", [a_book().id, a_book().id], [a_book().id])


@sending("catalog/copyrow/ change_condition")
def change_conditions(browser: Client) -> tuple[Form, Form]:
    values = {"condition": "withdrawn", "reason": "wet"}
    return asking(
        browser,
        "catalog/copyrow",
        "change_condition",
        [a_copy().id, a_copy().id],
        values,
        {"reason": "torn"},
    )


@sending("lending/loanrow/ return_copies")
def return_copies(browser: Client) -> tuple[Form, Form]:
    return acting(browser, "lending/loanrow", "return_copies", [a_loan().id, a_loan().id], [a_loan().id])


@sending("patrons/noticerow/ send_again")
def send_several_again(browser: Client) -> tuple[Form, Form]:
    chosen = [undelivered().id, undelivered().id]
    return acting(browser, "patrons/noticerow", "send_again", chosen, [undelivered().id])


@sending("auth/user/ close")
def close_logins(browser: Client) -> tuple[Form, Form]:
    one, other = (User.objects.create_user(name).pk for name in ("one", "other"))
    return acting(browser, "auth/user", "close", [one], [other])


@sending("auth/user/ reopen")
def reopen_logins(browser: Client) -> tuple[Form, Form]:
    one, other = (User.objects.create_user(name, is_active=False).pk for name in ("one", "other"))
    return acting(browser, "auth/user", "reopen", [one], [other])


def quarantined() -> int:
    """A message that can be handled by now."""
    loan = a_loan()
    event = OutboxMessage.objects.get(type="lending.book_borrowed.v1", aggregate_id=loan.id)
    QuarantinedMessage.objects.quarantine(
        consumer="catalog",
        payload=event.payload.encode(),
        digest=str(loan.id),
        reason="x",
        event_id=event.event_id,
        event_type=event.type,
    )
    return QuarantinedMessage.objects.get(event_id=event.event_id).pk


@sending("outbox/quarantinedmessage/ replay")
def replay(browser: Client) -> tuple[Form, Form]:
    return acting(browser, "outbox/quarantinedmessage", "replay", [quarantined()], [quarantined()])


def about_patrons(
    browser: Client, action: str, values: dict[str, str], other: dict[str, str]
) -> tuple[Form, Form]:
    return asking(browser, "patrons/patronrow", action, [a_patron().id, a_patron().id], values, other)


@sending("patrons/patronrow/ suspend")
def suspend(browser: Client) -> tuple[Form, Form]:
    return about_patrons(browser, "suspend", {"reason": "lost card"}, {"reason": "stolen card"})


@sending("patrons/patronrow/ reinstate")
def reinstate(browser: Client) -> tuple[Form, Form]:
    blocked = [a_patron(), a_patron(), a_patron()]
    for patron in blocked:
        dispatch(SuspendPatron(patron=patron.id, reason="lost card"))
    chosen = [patron.id for patron in blocked]
    return acting(browser, "patrons/patronrow", "reinstate", chosen[:2], chosen[2:])


@sending("patrons/patronrow/ add_block")
def add_block(browser: Client) -> tuple[Form, Form]:
    return about_patrons(browser, "add_block", {"reason": "noise"}, {"reason": "more noise"})


@sending("patrons/patronrow/ lift_block")
def lift_block(browser: Client) -> tuple[Form, Form]:
    patron = a_patron()
    dispatch(AddBlock(patron=patron.id, reason="noise"))
    until = datetime(2999, 1, 1, tzinfo=UTC).date()
    both = dispatch(AddBlock(patron=patron.id, reason="more noise", until=until))
    first, second = (str(block.id) for block in both.blocks)
    return asking(
        browser, "patrons/patronrow", "lift_block", [patron.id], {"block": first}, {"block": second}
    )


@sending("patrons/patronrow/ renew_membership")
def renew_memberships(browser: Client) -> tuple[Form, Form]:
    chosen = [a_patron(expires_on=datetime(2024, 1, 1, tzinfo=UTC).date()).id for _ in range(2)]
    return asking(
        browser,
        "patrons/patronrow",
        "renew_membership",
        chosen,
        {"expires_on": ""},
        {"expires_on": "2999-01-01"},
    )


@sending("patrons/patronrow/ change_category")
def change_category(browser: Client) -> tuple[Form, Form]:
    return about_patrons(browser, "change_category", {"category": "premium"}, {"category": "researcher"})


@sending("patrons/patronrow/ send_password_link")
def send_links(browser: Client) -> tuple[Form, Form]:
    chosen = [a_patron().id, a_patron().id]
    return acting(browser, "patrons/patronrow", "send_password_link", chosen, [a_patron().id])


@sending("patrons/patronrow/ erase")
def erase(browser: Client) -> tuple[Form, Form]:
    return about_patrons(browser, "erase", {"comment": "asked to be"}, {"comment": "must be"})
