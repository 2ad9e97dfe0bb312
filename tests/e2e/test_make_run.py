"""`make run` on a machine that has nothing but Python: the library is open a moment later."""

import re
import signal
from datetime import datetime
from email import message_from_string, policy
from email.message import EmailMessage
from http.cookiejar import CookieJar
from time import monotonic
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from library_project.subscriptions import SUBSCRIPTIONS
from tests.e2e.api_client import ApiClient
from tests.e2e.make_run import MakeRun
from tests.e2e.observation import eventually, logged_errors
from tests.system import answers

pytestmark = pytest.mark.xdist_group("make run")

PROMISED_SECONDS = 5.0
STOPS_WITHIN = 10.0
ROLES = ("librarian", "manager", "operator", "patron")


def page_after_login(made: MakeRun, role: str) -> str:
    """Log in at /login as a browser does, and return the catalogue's page as that login sees it."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    form = browser.open(f"{made.url}/login", timeout=10).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert token
    username, password = made.logins[role]
    fields = {"csrfmiddlewaretoken": token[1], "username": username, "password": password, "next": "/"}
    with browser.open(f"{made.url}/login", urlencode(fields).encode(), timeout=10) as page:
        assert page.url == f"{made.url}/"
        return str(page.read().decode())


class TestMakeRun:
    def test_prints_a_login_for_each_role(self, made: MakeRun) -> None:
        assert tuple(made.logins) == ROLES

    def test_opens_a_catalogue_with_books_to_everybody(self, made: MakeRun) -> None:
        page = ApiClient(made.url).get("/")
        assert page.status == 200
        assert page.text.count("/books/") >= 10

    @pytest.mark.parametrize("role", ROLES)
    def test_lets_the_printed_logins_in(self, made: MakeRun, role: str) -> None:
        assert made.logins[role][0] in page_after_login(made, role)

    def test_writes_nothing_outside_var_and_the_environment(self, made: MakeRun) -> None:
        assert made.new_files() == set()

    def test_is_ready_and_does_without_nothing(self, made: MakeRun) -> None:
        answer = ApiClient(made.url).get("/health/ready")
        assert (answer.status, answer.json["degraded"]) == (200, [])
        assert answer.json["checks"]["broker"] == "embedded"


class TestLendingWithoutAnyService:
    def test_keeps_what_it_writes_to_its_owner(self, made: MakeRun) -> None:
        desk, patron, [barcode] = made.desk, made.desk.register(), made.desk.add_copies(title="Lettres")
        desk.borrow(barcode, patron)
        eventually(lambda: letters(made, patron.email), within=PROMISED_SECONDS)
        var = made.folder / "var"
        written = {path.relative_to(var): path.lstat().st_mode for path in [var, *var.rglob("*")]}
        assert {str(path.parent) for path in written} >= {"mail", "metrics", "."}
        assert {str(path): oct(mode) for path, mode in written.items() if mode & 0o077} == {}

    def test_writes_the_letters_into_the_mail_folder(self, made: MakeRun) -> None:
        desk, patron, [barcode] = (
            made.desk,
            made.desk.register(),
            made.desk.add_copies(title="Sketch of the Engine"),
        )
        lent = desk.borrow(barcode, patron)
        assert lent.status == 201
        eventually(lambda: letters(made, patron.email), within=PROMISED_SECONDS)
        assert desk.give_back(barcode).status == 200
        eventually(lambda: len(letters(made, patron.email)) == 2, within=PROMISED_SECONDS)
        receipt, confirmation = letters(made, patron.email)
        assert receipt["To"] == f"{patron.name} <{patron.email}>"
        assert receipt["Subject"] == "You borrowed Sketch of the Engine"
        assert f"{datetime.fromisoformat(lent.json['due_at']):%-d %B %Y}" in receipt.get_content()
        assert "Sketch of the Engine" in confirmation.get_content()

    def test_leaves_no_event_waiting_or_in_quarantine(self, made: MakeRun) -> None:
        patron, [barcode] = made.desk.register(), made.desk.add_copies()
        made.desk.lend(barcode, patron)
        eventually(lambda: letters(made, patron.email), within=PROMISED_SECONDS)
        status = made.ask("outbox_status")
        assert status["pending"] == status["failing"] == 0
        quarantined = {inbox["consumer"]: inbox["quarantined"] for inbox in status["inboxes"]}
        assert quarantined == dict.fromkeys(SUBSCRIPTIONS, 0)


class TestCtrlCAndMakeRunAgain:
    def test_stops_every_process_and_starts_with_less_work_and_the_same_data(self, made: MakeRun) -> None:
        patron, [barcode] = made.desk.register(), made.desk.add_copies(title="What stays")
        loan = made.desk.lend(barcode, patron)
        logins, preparation = made.logins, made.preparation
        told_at = monotonic()
        made.press(signal.SIGINT)
        eventually(lambda: not made.running(), within=STOPS_WITHIN, instead=made.running)
        assert monotonic() - told_at < STOPS_WITHIN
        assert not answers(f"{made.url}/health")
        assert logged_errors(made.output()) == ""
        made.run()
        assert 0 < made.preparation < preparation
        assert made.logins == logins
        assert made.desk.get(f"/api/v1/loans/{loan}").json["title"] == "What stays"


def letters(made: MakeRun, email: str) -> list[EmailMessage]:
    """The letters to an address in the mail folder, oldest first."""
    files = sorted((made.folder / "var" / "mail").glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    parsed = [message_from_string(file.read_text(), policy=policy.default) for file in files]
    return [each for each in parsed if email in str(each["To"])]
