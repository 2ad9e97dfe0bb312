"""How a patron gets in: a link by mail, which works once, and tells nobody who is a patron."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client

from patrons.models import LinkRequestRow, NoticeRow, PatronRow
from patrons.pages import passwords
from patrons.pages.passwords import link_requests
from patrons.services.commands.erase_patron import ErasePatron
from patrons.services.commands.link_login import LinkLogin
from patrons.services.commands.update_contact import UpdateContact
from patrons.services.patron_details import PatronDetails
from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from shared_kernel.services.logins import CreateLogin
from tests.factories_patrons import a_patron

pytestmark = pytest.mark.django_db

NEW = "correct horse battery"


@pytest.fixture(autouse=True)
def letters(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    link_requests.forget()
    return tmp_path / "mail"


@pytest.fixture
def ada() -> PatronDetails:
    return a_patron(email="ada@example.org", card_number="A-7")


def ask(to: str, *, host: str = "localhost") -> Any:
    return Client(SERVER_NAME=host).post("/password", {"to": to})


def link(letters: Path) -> str:
    """The link in the latest letter, as a path."""
    call_command("deliver_notices", "--json")
    latest = max(letters.iterdir(), key=lambda file: file.stat().st_mtime_ns)
    found = re.search(r"http://127.0.0.1:8000(/password/\S+)", latest.read_text())
    assert found
    return found[1]


def follow(path: str, password: str = NEW, again: str | None = None) -> Any:
    return Client().post(path, {"password": password, "again": password if again is None else again})


def gets_in(name: str, password: str = NEW) -> bool:
    return Client().post("/login", {"username": name, "password": password}).status_code == 302


class TestAPatron:
    def test_gets_in_for_the_first_time_by_their_card(self, ada: PatronDetails, letters: Path) -> None:
        assert "Look into your mail" in ask("A-7").content.decode()
        path = link(letters)
        page = Client().get(path)
        assert "New password" in page.content.decode()
        assert page["Cache-Control"] == "no-store"
        done = follow(path)
        assert (done.status_code, done["Location"]) == (302, "/login")
        assert gets_in("A-7")
        user = User.objects.get(username="A-7")
        assert PatronRow.objects.get(id=ada.id).login_id == user.pk
        assert [group.name for group in Group.objects.filter(user=user)] == ["patron"]

    def test_gets_in_again_by_their_address(self, ada: PatronDetails, letters: Path) -> None:
        login = dispatch(CreateLogin(name="ada", role="patron"))
        dispatch(LinkLogin(card=ada.card_number, login_id=login.id))
        before = Client()
        before.force_login(User.objects.get(pk=login.id))
        ask(" ADA@example.org ")
        follow(link(letters))
        assert gets_in("ada")
        assert not gets_in("ada", login.password)
        assert before.get(f"/api/v1/patrons/{ada.id}").status_code == 401
        assert User.objects.count() == 1

    def test_is_told_what_is_wrong_with_a_password(self, ada: PatronDetails, letters: Path) -> None:
        ask("A-7")
        path = link(letters)
        for password, again, said in [
            ("short", None, "too short"),
            ("password12", None, "too common"),
            (NEW, "another horse", "differ"),
        ]:
            answer = follow(path, password, again)
            assert answer.status_code == 200
            assert said in answer.content.decode()
        assert follow(path).status_code == 302

    @pytest.mark.parametrize(
        "password",
        ["20000123456789", "2000 0123 4567 89", "Hopper-Grace", "grace.hopper", "GRACE.HOPPER@navy"],
    )
    def test_may_not_take_what_stands_on_the_card(self, letters: Path, password: str) -> None:
        a_patron(email="grace.hopper@navy.example", card_number="20000123456789", name="Grace Hopper")
        ask("20000123456789")
        answer = follow(link(letters), password)
        assert answer.status_code == 200
        assert "too similar" in answer.content.decode()

    def test_can_be_sent_a_link_by_the_desk(self, ada: PatronDetails, letters: Path, login_as: Any) -> None:
        librarian, _ = login_as("librarian")
        sent = {"action": "send_password_link", "_selected_action": [str(ada.id)]}
        librarian.post("/admin/patrons/patronrow/", sent, SERVER_NAME="localhost")
        assert follow(link(letters)).status_code == 302


class TestALink:
    def test_works_once(self, ada: PatronDetails, letters: Path) -> None:
        ask("A-7")
        path = link(letters)
        assert follow(path).status_code == 302
        for answer in (follow(path, "another horse battery"), Client().get(path)):
            assert "no longer valid" in answer.content.decode()
        assert gets_in("A-7")

    def test_is_dead_once_the_patron_has_another_address(self, ada: PatronDetails, letters: Path) -> None:
        ask("A-7")
        path = link(letters)
        dispatch(UpdateContact(patron=ada.id, email="ada@else.org"))
        assert "no longer valid" in follow(path).content.decode()

    def test_is_too_old_after_some_days(self, ada: PatronDetails, letters: Path, settings: Any) -> None:
        ask("A-7")
        path = link(letters)
        settings.PASSWORD_RESET_TIMEOUT = -1
        assert "no longer valid" in follow(path).content.decode()

    @pytest.mark.parametrize(
        "path", ["MQ/x", "x/y", "%00/%00", "LTE/a-b", "OTk5OTk5OTk5OTk5OTk5OTk5OTk/a-b", "w6k/x"]
    )
    def test_that_was_made_up_is_not_valid(self, path: str) -> None:
        for answer in (Client().get(f"/password/{path}"), follow(f"/password/{path}")):
            assert answer.status_code in {200, 404}
            assert "New password" not in answer.content.decode()

    @pytest.mark.parametrize("role", ["librarian", "manager", "operator"])
    def test_never_opens_the_login_of_somebody_who_works_here(
        self, ada: PatronDetails, letters: Path, role: str
    ) -> None:
        login = dispatch(CreateLogin(name="ada", role=role))
        dispatch(LinkLogin(card=ada.card_number, login_id=login.id))
        ask("A-7")
        call_command("deliver_notices", "--json")
        assert NoticeRow.objects.get().state == "failed"
        assert not letters.exists()

    def test_is_in_no_table(self, ada: PatronDetails, letters: Path) -> None:
        ask("A-7")
        token = link(letters).rpartition("/")[2]
        assert token not in str(list(NoticeRow.objects.values()))
        assert token not in str(list(AuditEntry.objects.values()))


class TestAskingForALink:
    def test_answers_strangers_as_it_answers_patrons(self, ada: PatronDetails) -> None:
        answers = [ask(to) for to in ("A-7", "ada@example.org", "eve@example.org", "B-8", "\u200b@", "%")]
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1
        call_command("deliver_notices", "--json")
        assert NoticeRow.objects.count() == 1
        assert not User.objects.exclude(username="A-7").exists()

    def test_again_brings_another_letter_whose_link_works_three_times_an_hour(
        self, ada: PatronDetails, letters: Path
    ) -> None:
        found = []
        for _ in range(5):
            ask("A-7")
            found.append(link(letters))
        assert NoticeRow.objects.count() == 3
        assert follow(found[-1]).status_code == 302

    def test_links_to_the_public_address_whatever_the_host_says(
        self, ada: PatronDetails, letters: Path, settings: Any
    ) -> None:
        settings.PUBLIC_URL = "https://library.example.org"
        settings.ALLOWED_HOSTS = ["*"]
        ask("A-7", host="evil.example")
        call_command("deliver_notices", "--json")
        (letter,) = (file.read_text() for file in letters.iterdir())
        assert "evil" not in letter
        assert "https://library.example.org/password/" in letter

    @pytest.mark.parametrize("to", ["A-7", "B-8", "ada@example.org", "eve@example.org"])
    def test_costs_the_same_queries_for_everybody(
        self, ada: PatronDetails, to: str, django_assert_num_queries: Any
    ) -> None:
        client = Client()
        with django_assert_num_queries(3):  # the request's row, in a transaction of its own
            client.post("/password", {"to": to})
        assert not User.objects.exists()
        assert not NoticeRow.objects.exists()

    def test_is_forgotten_with_the_patron(self, ada: PatronDetails) -> None:
        ask("A-7")
        ask("ada@example.org")
        ask("eve@example.org")
        dispatch(ErasePatron(patron=ada.id, comment="asked for it"))
        assert [row.to for row in LinkRequestRow.objects.all()] == ["eve@example.org"]

    def test_stops_a_client_that_tries_too_many(
        self, ada: PatronDetails, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(passwords, "LINKS_A_MINUTE", 1)
        answers = [ask(f"stranger{number}@example.org") for number in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert int(answers[-1]["Retry-After"]) >= 1

    def test_refuses_a_host_that_is_not_ours(self, ada: PatronDetails) -> None:
        assert ask("A-7", host="evil.example").status_code == 400
        assert not NoticeRow.objects.exists()

    @pytest.mark.parametrize("form", [{}, {"to": ""}, {"to": "x" * 255}, {"to": "a\x00"}])
    def test_shows_the_form_again_where_nothing_was_said(self, form: dict[str, str]) -> None:
        answer = Client().post("/password", form)
        assert answer.status_code == 200
        assert "Send the link" in answer.content.decode()

    def test_is_offered_where_one_logs_in(self) -> None:
        assert 'href="/password"' in Client().get("/login").content.decode()

    def test_needs_the_csrf_token(self, ada: PatronDetails) -> None:
        assert Client(enforce_csrf_checks=True).post("/password", {"to": "A-7"}).status_code == 403

    def test_gives_a_login_another_name_where_the_cards_is_taken(
        self, ada: PatronDetails, letters: Path
    ) -> None:
        dispatch(CreateLogin(name="a-7", role="librarian"))
        ask("A-7")
        follow(link(letters))
        assert gets_in(f"patron-{ada.id}")
