from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from outbox.models import OutboxMessage
from patrons.models import CategoryRow, ChannelPauseRow, NoticeRow, PatronRow
from patrons.services.commands.resend_notice import NoticeNotRepeatable
from shared_kernel.models import AuditEntry
from shared_kernel.services.logins import CreatedLogin
from tests.factories_patrons import a_patron, owe

pytestmark = pytest.mark.django_db

PATRONS = "/admin/patrons/patronrow/"
NOTICES = "/admin/patrons/noticerow/"
CATEGORIES = "/admin/patrons/categoryrow/"
LoginAs = Callable[[str], tuple[Client, CreatedLogin]]


@pytest.fixture
def librarian(login_as: LoginAs) -> Client:
    return login_as("librarian")[0]


@pytest.fixture
def manager(login_as: LoginAs) -> Client:
    return login_as("manager")[0]


@pytest.fixture
def operator(login_as: LoginAs) -> Client:
    return login_as("operator")[0]


def act(client: Client, list_page: str, action: str, *ids: object, **fields: str) -> Any:
    return client.post(
        list_page, {"action": action, "_selected_action": [str(each) for each in ids], **fields}
    )


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


class TestThePatronsPages:
    def test_list_filter_and_show_them(self, librarian: Client) -> None:
        ada = a_patron(name="José García", category="premium")
        a_patron(name="Bob")
        for query, found in [("q=garcia", True), ("q=bob", False), ("category__code__exact=premium", True)]:
            assert ("José García" in librarian.get(f"{PATRONS}?{query}").content.decode()) is found
        assert "José García" not in librarian.get(f"{PATRONS}?blocked=yes").content.decode()
        assert "José García" in librarian.get(f"{PATRONS}?blocked=no").content.decode()
        assert ada.card_number in librarian.get(f"{PATRONS}{ada.id}/change/").content.decode()

    def test_register_by_the_command(self, librarian: Client) -> None:
        fields = {"name": "Ada", "email": "Ada@example.org", "category": "regular"}
        answer = librarian.post(f"{PATRONS}add/", fields)
        assert answer.status_code == 302
        row = PatronRow.objects.get()
        assert (row.email, row.version, row.home_branch, row.expires_on) == ("ada@example.org", 1, None, None)
        assert OutboxMessage.objects.filter(aggregate_id=row.id).count() == 1
        assert AuditEntry.objects.filter(action="RegisterPatron", door="admin").count() == 1

    def test_say_why_not_and_not_that_it_is_done(self, librarian: Client) -> None:
        a_patron(email="ada@example.org")
        fields = {"name": "Ada", "email": "ada@example.org", "category": "regular"}
        answer = librarian.post(f"{PATRONS}add/", fields)
        assert "Another patron has this email address." in answer.content.decode()
        assert "was added" not in answer.content.decode()
        assert PatronRow.objects.count() == 1

    def test_suspend_after_asking_for_the_reason(self, librarian: Client) -> None:
        ada, bob = a_patron(), a_patron()
        asked = act(librarian, PATRONS, "suspend", ada.id, bob.id)
        assert "Selected:" in asked.content.decode()
        assert ada.card_number in asked.content.decode()
        assert not PatronRow.objects.exclude(blocks=[]).exists()
        done = act(librarian, PATRONS, "suspend", ada.id, bob.id, reason="lost a book", until="2026-03-10")
        assert said(done) == ["2 done."]
        assert "until 2026-03-10" in librarian.get(PATRONS).content.decode()
        assert [(each["reason"], each["until"]) for each in PatronRow.objects.get(id=ada.id).blocks] == [
            ("lost a book", "2026-03-10")
        ]

    def test_ask_again_for_a_reason_that_is_missing(self, librarian: Client) -> None:
        answer = act(librarian, PATRONS, "suspend", a_patron().id, reason="")
        assert "This field is required" in answer.content.decode()
        assert not PatronRow.objects.exclude(blocks=[]).exists()

    def test_reinstate_whom_they_can_and_say_whom_they_cannot(self, librarian: Client) -> None:
        ada, bob = a_patron(), a_patron()
        act(librarian, PATRONS, "suspend", ada.id, reason="lost a book")
        assert "suspended" in librarian.get(PATRONS).content.decode()
        answer = act(librarian, PATRONS, "reinstate", ada.id, bob.id)
        assert said(answer)[-2:] == [
            f"{bob.card_number}: The patron has no block to lift.",
            "1 done.",
        ]
        assert PatronRow.objects.get(id=ada.id).blocks == []

    def test_ask_for_what_a_command_needs_and_then_give_it(self, librarian: Client) -> None:
        ada, bob = a_patron(expires_on=date(2040, 6, 30)), a_patron()
        for action, fields, asked in [
            ("add_block", {"reason": "unpaid", "until": "2026-03-10"}, "last day"),
            ("renew_membership", {"expires_on": ""}, "a year on"),
            ("change_category", {"category": "premium"}, "Premium"),
        ]:
            page = act(librarian, PATRONS, action, ada.id, bob.id).content.decode()
            assert asked in page
            assert f'name="action" value="{action}"' in page
            done = said(act(librarian, PATRONS, action, ada.id, bob.id, **fields))
            assert done[-1] in {"2 done.", "1 done."}
        row = PatronRow.objects.get(id=ada.id)
        assert (row.expires_on, row.category_id) == (date(2041, 6, 30), "premium")
        assert [each["until"] for each in row.blocks] == ["2026-03-10"]

    def test_tell_each_refusal(self, librarian: Client) -> None:
        endless = a_patron()
        answer = act(librarian, PATRONS, "renew_membership", endless.id, expires_on="")
        assert said(answer) == [
            f"{endless.card_number}: The membership has no end date to extend. Give its last day."
        ]

    def test_lift_the_block_that_is_chosen(self, librarian: Client) -> None:
        ada = a_patron()
        for reason in ("unpaid", "lost a book"):
            act(librarian, PATRONS, "add_block", ada.id, reason=reason, until="2026-03-10")
        first = PatronRow.objects.get(id=ada.id).blocks[0]
        assert "unpaid (2026-03-10)" in act(librarian, PATRONS, "lift_block", ada.id).content.decode()
        act(librarian, PATRONS, "lift_block", ada.id, block=first["id"])
        assert [each["reason"] for each in PatronRow.objects.get(id=ada.id).blocks] == ["lost a book"]
        two = act(librarian, PATRONS, "lift_block", ada.id, a_patron().id)
        assert said(two)[-1] == "Select one patron: blocks are lifted one by one."

    def test_ask_about_a_hundred_at_most(self, librarian: Client) -> None:
        ids = [a_patron().id for _ in range(101)]
        assert said(act(librarian, PATRONS, "suspend", *ids, reason="x")) == ["Select 100 patrons at most."]
        assert not PatronRow.objects.exclude(blocks=[]).exists()

    def test_erase_for_a_manager_who_says_why(self, librarian: Client, manager: Client) -> None:
        ada, bob = a_patron(name="Ada"), a_patron()
        assert "erase" not in librarian.get(PATRONS).content.decode().lower()
        act(librarian, PATRONS, "erase", ada.id, comment="asked for it")
        assert PatronRow.objects.count() == 2
        assert "Nothing brings them back" in act(manager, PATRONS, "erase", ada.id).content.decode()
        act(manager, PATRONS, "erase", ada.id, comment="asked for it")
        assert [row.id for row in PatronRow.objects.all()] == [bob.id]
        entry = AuditEntry.objects.get(action="ErasePatron")
        assert (entry.door, entry.comment) == ("admin", "asked for it")

    def test_change_name_address_and_letters_by_the_command(self, librarian: Client) -> None:
        ada = a_patron(name="Ada", home_branch="MAIN")
        assert f"{PATRONS}{ada.id}/contact/" in librarian.get(f"{PATRONS}{ada.id}/change/").content.decode()
        form = librarian.get(f"{PATRONS}{ada.id}/contact/")
        assert 'value="Ada"' in form.content.decode()
        choices = {"declined_notices": "due_soon", "privacy": "forever", "birth_date": "1990-05-17"}
        fields = {"name": "Ada King", "email": ada.email, "home_branch": "", **choices}
        done = librarian.post(f"{PATRONS}{ada.id}/contact/", {**fields, "version": "1"})
        assert done.status_code == 302
        row = PatronRow.objects.get(id=ada.id)
        assert (row.name, row.home_branch, row.declined_notices, row.privacy, row.version) == (
            "Ada King",
            None,
            ["due_soon"],
            "forever",
            2,
        )
        assert row.birth_date == date(1990, 5, 17)
        assert "1990" in librarian.get(f"{PATRONS}{ada.id}/change/").content.decode()
        stale = librarian.post(f"{PATRONS}{ada.id}/contact/", {**fields, "name": "Eve", "version": "1"})
        assert "was changed since you loaded it" in stale.content.decode()
        wrong = librarian.post(f"{PATRONS}{ada.id}/contact/", {**fields, "email": "x", "version": "2"})
        assert "looks like name@example.org" in wrong.content.decode()
        assert PatronRow.objects.get(id=ada.id).version == 2

    def test_show_that_form_to_those_who_may_alone(self, librarian: Client, operator: Client) -> None:
        assert operator.get(f"{PATRONS}{a_patron().id}/contact/").status_code == 403
        assert Client().get(f"{PATRONS}{a_patron().id}/contact/").status_code == 302
        assert librarian.get(f"{PATRONS}{uuid4()}/contact/").status_code == 404

    def test_neither_change_nor_delete_a_row(self, manager: Client) -> None:
        ada = a_patron()
        assert manager.post(f"{PATRONS}{ada.id}/change/", {"name": "Eve"}).status_code == 403
        assert manager.post(f"{PATRONS}{ada.id}/delete/", {"post": "yes"}).status_code == 403
        act(manager, PATRONS, "delete_selected", ada.id, post="yes")
        assert PatronRow.objects.get(id=ada.id).name == ada.name

    def test_are_closed_to_the_operator(self, operator: Client) -> None:
        assert operator.get(PATRONS).status_code == 403


class TestTheCategoriesPages:
    def test_add_and_rename_categories(self, manager: Client) -> None:
        manager.post(f"{CATEGORIES}add/", {"code": "child", "name": "Children"})
        manager.post(f"{CATEGORIES}add/", {"code": "regular", "name": "Grown-ups"})
        names = dict(CategoryRow.objects.values_list("code", "name"))
        assert names["child"] == "Children"
        assert names["regular"] == "Grown-ups"
        assert "Grown-ups" in manager.get(CATEGORIES).content.decode()

    def test_are_the_managers_to_change(self, librarian: Client) -> None:
        assert librarian.post(f"{CATEGORIES}add/", {"code": "child", "name": "Children"}).status_code == 403


class TestTheNoticesPages:
    def test_tell_the_operator_states_and_not_who_borrowed_what(self, operator: Client) -> None:
        notice = owe(book_title="Secret Memoirs")
        listed = operator.get(f"{NOTICES}?state__exact=queued").content.decode()
        shown = operator.get(f"{NOTICES}{notice.id}/change/").content.decode()
        assert str(notice.id) in listed
        assert "loan_receipt" in shown
        assert not any(secret in listed + shown for secret in ("Secret Memoirs", str(notice.patron_id)))

    def test_tell_the_desk_the_rest(self, librarian: Client) -> None:
        notice = owe(book_title="Notes")
        assert str(notice.patron_id) in librarian.get(f"{NOTICES}{notice.id}/change/").content.decode()

    def test_tell_the_operator_why_nothing_is_being_sent(self, operator: Client) -> None:
        ChannelPauseRow.objects.create(channel="email", until=timezone.now(), reason="SendGrid answered 401")
        assert "SendGrid answered 401" in operator.get("/admin/patrons/channelpauserow/").content.decode()

    def test_let_the_operator_repeat_what_is_ambiguous(self, operator: Client) -> None:
        lost, queued = owe(), owe()
        NoticeRow.objects.filter(id=lost.id).update(state="ambiguous")
        answer = act(operator, NOTICES, "send_again", lost.id, queued.id)
        assert said(answer) == [
            f"{queued.id}: {NoticeNotRepeatable().detail}",
            "1 done.",
        ]
        assert NoticeRow.objects.get(id=lost.id).state == "queued"
