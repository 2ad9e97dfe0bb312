"""I18: whoever is erased is nowhere any more, and was never in what outlives them."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client

from catalog.models import BorrowingCountRow, CopyRow, ImportRow
from catalog.services.commands.accept_import import AcceptImport
from catalog.tasks import import_files
from lending.models import ClosureRow, LoanRow
from lending.services.commands.borrow_book import BorrowBook
from lending.services.commands.place_hold import PlaceHold
from lending.services.commands.return_book import ReturnBook
from outbox.models import OutboxMessage
from patrons.adapters.logins import DjangoLogins
from patrons.domain.patron import PatronNotFound
from patrons.models import NoticeRow, PatronRow
from patrons.services.commands.add_block import AddBlock
from patrons.services.commands.link_login import LinkLogin
from patrons.services.commands.update_contact import UpdateContact
from shared_kernel.models import AuditEntry, IdempotencyRecord
from shared_kernel.services.breakers import CloseBreaker, HoldBreakerOpen
from shared_kernel.services.commands import dispatch
from shared_kernel.services.logins import CreateLogin
from shared_kernel.services.tokens import SCOPES, IssueToken
from tests.factories import a_copy, a_loan
from tests.factories_patrons import a_patron, owe

pytestmark = pytest.mark.django_db

#: What nobody else is called, lives at, carries, or did.
SENTINELS = (
    "xanthippe",
    "quendel",
    "brimborium",
    "zwiebelfisch",
    "sentinel-4711",
    "1913-07-09",
    "09.07.1913",
)
WHO = {
    "name": "Xanthippe Quendel",
    "email": "x.quendel@brimborium.example",
    "card_number": "SENTINEL-4711",
    "birth_date": "1913-07-09",
}


@pytest.fixture(autouse=True)
def letters(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick
    return tmp_path / "mail"


class Staff:
    """Somebody at the desk who may do everything, over the API and in the administration."""

    def __init__(self) -> None:
        issued = dispatch(IssueToken(name="desk", scopes=SCOPES))
        self.headers = {"Authorization": f"Bearer {issued.token}"}
        self.login = User.objects.create_superuser("root")
        self.browser = Client()
        self.browser.force_login(self.login)

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        return self._send("post", path, body, headers)

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        return self._send("patch", path, body, {})

    def get(self, path: str) -> Any:
        return Client().get(f"/api/v1{path}", headers=self.headers)

    def _send(self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> Any:
        return getattr(Client(), method)(
            f"/api/v1{path}",
            json.dumps(body or {}),
            content_type="application/json",
            headers={**self.headers, **headers},
        )


@pytest.fixture
def staff() -> Staff:
    return Staff()


def told_by(text: str) -> set[str]:
    return {sentinel for sentinel in SENTINELS if sentinel in text.lower()}


def tables_that_tell() -> set[str]:
    """The tables in which any column of any row holds a sentinel."""
    found = {"django_session" for session in Session.objects.all() if told_by(str(session.get_decoded()))}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            if any(told_by(_text(value)) for row in cursor.fetchall() for value in row):
                found.add(table)
    return found


def _text(value: object) -> str:
    return bytes(value).decode(errors="replace") if isinstance(value, bytes | memoryview) else str(value)


def deliver() -> None:
    call_command("relay_outbox", "--once")
    call_command("deliver_notices")


def link_in(letters: Path) -> str:
    texts = [file.read_text() for file in letters.iterdir()]
    (link,) = [found[1] for text in texts if (found := re.search(r"https?://[^/]+(/password/\S+)", text))]
    return link


def a_life(staff: Staff, letters: Path) -> str:
    """Everything that leaves a trace of a patron; answers their id."""
    registered = staff.post("/patrons", {**WHO, "category": "regular"}, **{"Idempotency-Key": "registered-1"})
    patron = f"/patrons/{registered.json()['id']}"
    assert staff.patch(patron, {"name": "Xanthippe Brimborium-Quendel"}).status_code == 200
    for book in ("first", "second"):
        copy = {"copy_barcode": a_copy(barcode=f"C-{book}").barcode, "patron_card": WHO["card_number"]}
        assert staff.post("/loans", copy, **{"Idempotency-Key": f"borrowed-{book}"}).status_code == 201
        assert staff.post("/returns", {"copy_barcode": copy["copy_barcode"]}).status_code == 200
    blocked = {"reason": "Zwiebelfisch, said X. Quendel"}
    assert staff.post(f"{patron}/suspend", blocked, **{"Idempotency-Key": "suspended-1"}).status_code == 200
    refused = staff.post("/loans", {"copy_barcode": "C-first", "patron_card": WHO["card_number"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "patron_blocked")
    assert staff.post("/patrons", {**WHO, "category": "regular"}).status_code == 409
    assert staff.post("/patrons", {**WHO, "email": "no address of Quendel"}).status_code == 422
    assert staff.get("/patrons?q=quendel").json()["results"]
    assert staff.get(f"/patrons?ordering={WHO['name']}").status_code == 422
    act(staff, "reinstate", registered.json()["id"])
    Client(SERVER_NAME="localhost").post("/password", {"to": WHO["email"]})
    deliver()
    password = {"password": "correct horse battery", "again": "correct horse battery"}
    assert Client().post(link_in(letters), password).status_code == 302
    Client().post("/login", {"username": WHO["card_number"], "password": "wrong"})
    mine = Client()
    mine.post("/login", {"username": WHO["card_number"], "password": password["password"]})
    assert mine.get(f"/api/v1{patron}").json()["card_number"] == WHO["card_number"]
    return str(registered.json()["id"])


def told_of_in_passing(staff: Staff) -> None:
    """Somebody's name in every text about something else that staff can type."""
    other = a_patron(name="Emma Woodhouse")
    torn = {"condition": "damaged", "reason": "torn by Xanthippe BRIMBORIUM-QÜENDEL, twice"}
    assert staff.patch(f"/copies/{a_copy(barcode='C-torn').barcode}", torn).status_code == 200
    assert staff.post(f"/patrons/{other.id}/suspend", {"reason": "Quendel, X. saw it"}).status_code == 200
    closed = {"from": "2030-05-01", "to": "2030-05-01", "reason": "Farewell to Ms Quendel, born 1913-07-09"}
    assert staff.post("/branches/MAIN/closures", closed).status_code == 201
    dispatch(HoldBreakerOpen(name="sendgrid", comment="said x.quendel@brimborium.example"))
    dispatch(CloseBreaker(name="sendgrid", comment="as Quendel wished (09.07.1913)"))
    dispatch(AcceptImport(name="quendel.csv", content=b"title,author\n,Xanthippe Brimborium Quendel\n"))
    import_files()


def act(staff: Staff, action: str, *ids: str, **fields: str) -> Any:
    return staff.browser.post(
        "/admin/patrons/patronrow/", {"action": action, "_selected_action": list(ids), **fields}, follow=True
    )


class TestSomebodyWhoIsKnown:
    def test_is_told_by_their_own_rows_and_kept_answers_alone(
        self, staff: Staff, letters: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("INFO")
        a_life(staff, letters)
        assert tables_that_tell() == {"patrons_patronrow", "auth_user", "shared_kernel_receipt"}
        assert told_by(caplog.text) == set()
        assert told_by(Client().get("/metrics").content.decode()) == set()

    def test_is_not_told_to_another_patron(self, staff: Staff, letters: Path) -> None:
        someone = a_life(staff, letters)
        bob, browser = a_patron(), Client()
        login = dispatch(CreateLogin(name="bob", role="patron"))
        dispatch(LinkLogin(card=bob.card_number, login_id=login.id))
        browser.force_login(User.objects.get(pk=login.id))
        for path in ("patrons", f"patrons/{someone}", f"patrons/{bob.id}", "loans", "holds", "books", "me"):
            assert told_by(browser.get(f"/api/v1/{path}").content.decode()) == set()


class TestSomebodyWhoIsErased:
    @pytest.fixture
    def patron(self, staff: Staff, letters: Path) -> str:
        """Somebody of whom people wrote more than they should have."""
        patron = a_life(staff, letters)
        user = User.objects.get(username=WHO["card_number"])
        user.first_name, user.last_name, user.email = "Xanthippe", "Quendel", WHO["email"]
        user.save()
        rows: list[Any] = [User.objects.filter(pk=user.pk), PatronRow.objects.filter(id=patron)]
        for row in rows:
            LogEntry.objects.log_actions(staff.login.pk, row, CHANGE, "Quendel", single_object=True)
        lent = BorrowBook(
            copy_barcode="C-first",
            patron_card=WHO["card_number"],
            override=("loan_limit_reached",),
            comment="Quendel is a friend of mine",
        )
        dispatch(lent)
        dispatch(ReturnBook(copy_barcode="C-first"))
        told_of_in_passing(staff)
        deliver()
        return patron

    def erase(self, staff: Staff, patron: str) -> Any:
        key = {"Idempotency-Key": "erased-0001"}
        return staff.post(f"/patrons/{patron}/erase", {"reason": "asked for it"}, **key)

    def test_is_nowhere(
        self, staff: Staff, patron: str, letters: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("INFO")
        others = owe(book_title="Emma").id
        deliver()
        assert any(told_by(file.read_text()) for file in letters.iterdir())
        answer = self.erase(staff, patron)
        assert answer.status_code == 200
        assert answer.json()["id"] == patron
        assert self.erase(staff, patron).json() == answer.json()
        deliver()
        assert tables_that_tell() == set()
        assert [file.name for file in letters.iterdir()] == [f"{others}.eml"]
        assert told_by(caplog.text) == set()
        for path in ("/patrons", f"/patrons/{patron}", "/loans", f"/loans?patron={patron}", "/holds"):
            assert told_by(staff.get(path).content.decode()) == set()
        for page in ("patrons/patronrow/", "lending/loanrow/", "patrons/noticerow/", "auth/user/", ""):
            assert told_by(staff.browser.get(f"/admin/{page}").content.decode()) == set()

    def test_is_struck_out_of_texts_about_others_which_stay(self, staff: Staff, patron: str) -> None:
        assert self.erase(staff, patron).status_code == 200
        torn = CopyRow.objects.get(barcode="C-torn")
        assert (torn.condition, torn.condition_reason) == ("damaged", "torn by …, twice")
        assert PatronRow.objects.get(name="Emma Woodhouse").blocks[0]["reason"] == "…, X. saw it"
        assert ClosureRow.objects.get().reason == "Farewell to Ms …, born …"
        comments = AuditEntry.objects.filter(action__contains="Breaker").order_by("id")
        assert list(comments.values_list("comment", flat=True)) == ["said …", "as … wished (…)"]
        assert ImportRow.objects.get().name == "….csv"

    def test_leaves_the_days_of_others_that_are_also_their_date_of_birth(self, staff: Staff) -> None:
        born = date(2013, 7, 9)
        newborn, other = a_patron(birth_date=born), a_patron(birth_date=born)
        dispatch(AddBlock(patron=other.id, reason="away until 2013-07-09", until=born))
        assert self.erase(staff, str(newborn.id)).status_code == 200
        row = PatronRow.objects.get()
        assert row.birth_date == born
        assert [(each["reason"], each["until"]) for each in row.blocks] == [("away until …", "2013-07-09")]

    def test_refuses_a_reason_with_the_date_of_birth(self, staff: Staff, patron: str) -> None:
        refused = staff.post(f"/patrons/{patron}/erase", {"reason": "born 1913-07-09, moved away"})
        assert (refused.status_code, refused.json()["code"]) == (422, "reason_tells_who")

    def test_leaves_what_the_library_did_as_that_of_somebody(self, staff: Staff, patron: str) -> None:
        counted = (LoanRow.objects.count(), NoticeRow.objects.count(), BorrowingCountRow.objects.count())
        assert self.erase(staff, patron).status_code == 200
        deliver()
        assert counted == (
            LoanRow.objects.count(),
            NoticeRow.objects.count(),
            BorrowingCountRow.objects.count(),
        )
        assert LoanRow.objects.filter(patron_id=patron).count() == 3
        told = OutboxMessage.objects.filter(aggregate_id=patron).order_by("aggregate_version")
        versions = list(told.values_list("aggregate_version", flat=True))
        assert versions == list(range(1, len(versions) + 1))
        last = told.last()
        assert last
        assert (last.type, json.loads(last.payload)["data"]) == ("patrons.patron_erased.v1", {})
        done = AuditEntry.objects.get(action="ErasePatron")
        assert (done.subjects, done.comment) == ({"patron": patron}, "asked for it")

    def test_is_not_known_any_more(self, staff: Staff, patron: str) -> None:
        mine = Client()
        mine.force_login(User.objects.get(username=WHO["card_number"]))
        self.erase(staff, patron)
        assert staff.get(f"/patrons/{patron}").status_code == 404
        assert staff.post(f"/patrons/{patron}/erase", {"reason": "again"}).status_code == 404
        assert mine.get(f"/api/v1/patrons/{patron}").status_code == 401
        lending = {"copy_barcode": "C-first", "patron_card": WHO["card_number"]}
        assert staff.post("/loans", lending).status_code in {404, 422}
        assert not LoanRow.objects.filter(state="open").exists()

    def test_is_not_brought_back_by_a_request_that_is_repeated(self, staff: Staff, patron: str) -> None:
        self.erase(staff, patron)
        again = staff.post("/patrons", {**WHO, "category": "regular"}, **{"Idempotency-Key": "registered-1"})
        assert (again.status_code, again.json()["code"]) == (404, "not_found")
        assert not PatronRow.objects.filter(card_number=WHO["card_number"]).exists()
        lent = {"copy_barcode": "C-first", "patron_card": WHO["card_number"]}
        assert staff.post("/loans", lent, **{"Idempotency-Key": "borrowed-first"}).status_code == 201

    def test_can_register_anew(self, staff: Staff, patron: str) -> None:
        self.erase(staff, patron)
        answer = staff.post("/patrons", {**WHO, "category": "regular"})
        assert answer.status_code == 201
        assert answer.json()["id"] != patron

    def test_leaves_no_letter_to_be_sent(self, staff: Staff, patron: str, letters: Path) -> None:
        view = dispatch(UpdateContact(patron=UUID(patron)))
        queued = owe(patron=view)
        self.erase(staff, patron)
        deliver()
        queued.refresh_from_db()
        assert (queued.state, queued.params) == ("withdrawn", {})


class TestErasing:
    def test_is_refused_while_something_is_on_loan_or_waited_for(self, staff: Staff) -> None:
        ada = a_patron()
        a_loan(patron_card=ada.card_number)
        dispatch(PlaceHold(book=a_copy().book, patron_card=ada.card_number))
        answer = staff.post(f"/patrons/{ada.id}/erase", {"reason": "asked for it"})
        assert answer.status_code == 409
        assert [each["code"] for each in answer.json()["errors"]] == ["has_open_loans", "has_active_holds"]
        assert PatronRow.objects.get(id=ada.id).name == ada.name

    @pytest.mark.parametrize(
        ("body", "code"),
        [({}, "reason_required"), ({"reason": "Ada Quendel asked"}, "reason_tells_who")],
    )
    def test_needs_a_reason_that_tells_nothing(self, staff: Staff, body: dict[str, str], code: str) -> None:
        ada = a_patron(name="Ada Quendel")
        answer = staff.post(f"/patrons/{ada.id}/erase", body)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert PatronRow.objects.filter(id=ada.id).exists()

    def test_is_the_managers(self, login_as: Any) -> None:
        ada = a_patron()
        for role, status in (("librarian", 403), ("operator", 403), ("patron", 403), ("manager", 200)):
            browser, _ = login_as(role)
            body = json.dumps({"reason": "asked for it"})
            answer = browser.post(f"/api/v1/patrons/{ada.id}/erase", body, content_type="application/json")
            assert answer.status_code == status

    def test_leaves_the_login_of_somebody_who_works_here(self, staff: Staff) -> None:
        ada = a_patron()
        login = dispatch(CreateLogin(name="ada", role="librarian"))
        dispatch(LinkLogin(card=ada.card_number, login_id=login.id))
        assert staff.post(f"/patrons/{ada.id}/erase", {"reason": "asked for it"}).status_code == 200
        user = User.objects.get(pk=login.id)
        assert (user.username, user.is_active) == ("ada", True)

    def test_that_fails_leaves_everything(self, staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
        ada = a_patron()
        staff.post(f"/patrons/{ada.id}/suspend", {"reason": "x"}, **{"Idempotency-Key": "suspend-0001"})
        notice = owe(patron=ada)

        def fail(*_: object) -> None:
            raise PatronNotFound

        monkeypatch.setattr(DjangoLogins, "erase", fail)
        assert staff.post(f"/patrons/{ada.id}/erase", {"reason": "asked for it"}).status_code == 404
        assert PatronRow.objects.filter(id=ada.id, version=2).exists()
        assert IdempotencyRecord.objects.exclude(result=None).count() == 1
        assert NoticeRow.objects.get(id=notice.id).params == notice.params
