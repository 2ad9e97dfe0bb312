from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lending.models import HoldRow, LoanRow
from lending.services.commands.anonymise_loan import AnonymiseLoan
from outbox.models import OutboxMessage
from patrons.public import letters_owed
from patrons.services.commands.add_block import AddBlock
from patrons.services.commands.erase_patron import ErasePatron
from patrons.services.commands.suspend_patron import SuspendPatron
from shared_kernel.models import AuditEntry
from shared_kernel.services.audit import entries_about
from shared_kernel.services.commands import dispatch
from shared_kernel.services.request_context import with_context
from tests.factories import a_copy
from tests.factories_patrons import a_patron
from tests.integration.conftest import Token
from tests.integration.lending.desk import Desk, codes

pytestmark = pytest.mark.django_db

BORROWED = "2024-01-15T10:00:00Z"
THEN = date(2999, 1, 1)


@pytest.fixture(autouse=True)
def letters(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_FILE_PATH = tmp_path / "mail"


@pytest.fixture
def desk(token: Token) -> Desk:
    return Desk(token("circulation:read", "circulation:write", "override", "audit:read"))


def deliver() -> None:
    """Letters go out, as the worker sends them."""
    call_command("relay_outbox", once=True, verbosity=0)
    call_command("deliver_notices", verbosity=0)


def told(desk: Desk, **about: object) -> list[dict[str, Any]]:
    response = desk.get("/timeline", page_size=100, **{name: str(value) for name, value in about.items()})
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = response.json()["results"]
    return found


def lines(entries: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(each["kind"], each["what"], each["outcome"]) for each in entries]


class TestTheTimelineOfALoan:
    def test_has_each_scan_refusal_letter_and_delivery_in_order(self, desk: Desk) -> None:
        patron, copy = a_patron(), a_copy()
        loan = desk.borrow(copy.barcode, patron.card_number, at=BORROWED).json()
        deliver()
        dispatch(SuspendPatron(patron=patron.id, reason="unpaid bill"))
        assert codes(desk.post(f"/loans/{loan['id']}/renew", at=BORROWED)) == ["patron_blocked"]
        desk.give_back(copy.barcode, at="2024-01-20T10:00:00Z")
        deliver()
        entries = told(desk, loan=loan["id"])
        assert lines(entries) == [
            ("action", "BorrowBook", "done"),
            ("letter", "loan_receipt", "owed"),
            ("delivery", "loan_receipt", "accepted"),
            ("refusal", "RenewLoan", "refused"),
            ("action", "ReturnBook", "done"),
            ("letter", "return_confirmation", "owed"),
            ("delivery", "return_confirmation", "accepted"),
        ]
        instants = [datetime.fromisoformat(each["at"]) for each in entries]
        assert instants == sorted(instants)
        assert entries[3]["codes"] == ["patron_blocked"]
        assert {each["loan"] for each in entries} == {loan["id"]}
        assert entries[0]["copy"] == str(copy.id)

    def test_names_who_did_it_and_never_a_person(self, desk: Desk) -> None:
        patron = a_patron(name="Dorothea Casaubon")
        loan = desk.borrow(a_copy().barcode, patron.card_number).json()
        deliver()
        response = desk.get("/timeline", loan=loan["id"])
        assert response.json()["results"][0]["principal"].startswith("token:")
        assert "Dorothea" not in response.content.decode()
        assert patron.card_number not in response.content.decode()

    def test_tells_of_jobs_only_where_they_changed_something(self, desk: Desk) -> None:
        loan = desk.borrow(a_copy().barcode, a_patron().card_number, at=BORROWED).json()
        for _ in range(2):
            call_command(
                "mark_overdues", as_of=datetime.fromisoformat("2024-01-30T10:00:00+00:00"), verbosity=0
            )
        assert lines(told(desk, loan=loan["id"])) == [
            ("action", "BorrowBook", "done"),
            ("action", "MarkOverdue", "done"),
        ]


class TestADenial:
    @pytest.mark.parametrize(("of", "action"), [("loan", "renew"), ("patron", "suspend")])
    def test_is_told_of_what_its_address_names(self, of: str, action: str, desk: Desk, token: Token) -> None:
        patron = a_patron()
        loan = desk.borrow(a_copy().barcode, patron.card_number).json()
        thing = {"loan": loan["id"], "patron": str(patron.id)}[of]
        stranger = Desk(token("catalog:read"))
        assert stranger.post(f"/{of}s/{thing}/{action}", reason="why not").status_code == 403
        entry = told(desk, **{of: thing})[-1]
        assert lines([entry]) == [("denial", f"POST /api/v1/{of}s/<id:id>/{action}", "denied")]
        assert (entry["codes"], entry[of]) == (["permission_denied"], thing)

    @pytest.mark.parametrize("of", ["loan", "patron", "copy"])
    def test_in_the_administration_is_told_too(self, of: str, desk: Desk, browser: Any) -> None:
        patron, copy = a_patron(), a_copy()
        loan = desk.borrow(copy.barcode, patron.card_number).json()
        app, thing = {
            "loan": ("lending", loan["id"]),
            "patron": ("patrons", patron.id),
            "copy": ("catalog", copy.id),
        }[of]
        table = f"/admin/{app}/{of}row/"
        assert browser("operator").post(f"{table}{thing}/delete/").status_code == 403
        denied = ("denial", f"POST {table}<path:object_id>/delete/", "denied")
        assert lines(told(desk, **{of: thing}))[-1] == denied

    def test_of_a_payment_is_told_of_whose_it_was_for(self, desk: Desk, browser: Any) -> None:
        patron = a_patron()
        assert browser("operator").post(f"/desk/pay/{patron.id}", {"amount": "1"}).status_code == 403
        denied = ("denial", "POST /desk/pay/<id:patron>", "denied")
        assert lines(told(desk, patron=patron.id))[-1] == denied
        page = browser("manager").get("/admin/lending/reportrow/timeline/", {"patron": str(patron.id)})
        assert "POST /desk/pay/&lt;id:patron&gt;" in page.content.decode()

    def test_names_no_barcode_and_no_card(self, desk: Desk, token: Token) -> None:
        copy = a_copy()
        stranger = Desk(token("patrons:read"))
        assert stranger.send("PATCH", f"/copies/{copy.barcode}", condition="damaged").status_code == 403
        assert stranger.borrow(copy.barcode, a_patron().card_number).status_code == 403
        assert (
            list(AuditEntry.objects.filter(outcome="denied").values_list("subjects", flat=True)) == [{}] * 2
        )


class TestAnOverride:
    def test_is_told_with_its_codes_and_its_comment_which_no_event_has(self, desk: Desk) -> None:
        patron = a_patron()
        dispatch(AddBlock(patron=patron.id, reason="unpaid bill", until=THEN))
        override = {"codes": ["patron_blocked", "membership_expired"], "comment": "the bill was ours"}
        loan = desk.borrow(a_copy().barcode, patron.card_number, override=override).json()
        (entry,) = told(desk, loan=loan["id"])
        assert (entry["kind"], entry["codes"]) == ("override", ["patron_blocked"])
        assert entry["comment"] == "the bill was ours"
        assert not OutboxMessage.objects.filter(payload__contains="ours").exists()


class TestTheTimelineOfACopy:
    def test_has_what_several_patrons_did_with_it_and_were_refused(self, desk: Desk) -> None:
        copy, reader, waiting = a_copy(), a_patron(), a_patron()
        desk.borrow(copy.barcode, reader.card_number)
        desk.borrow(copy.barcode, waiting.card_number)
        hold = desk.hold(copy.book, waiting.card_number).json()
        desk.give_back(copy.barcode)
        deliver()
        desk.post(f"/holds/{hold['id']}/cancel")
        expected = [
            ("action", "AddCopy", "done"),
            ("action", "BorrowBook", "done"),
            ("refusal", "BorrowBook", "refused"),
            ("action", "ReturnBook", "done"),
            ("letter", "loan_receipt", "owed"),
            ("letter", "return_confirmation", "owed"),
            ("letter", "hold_ready", "owed"),
            ("delivery", "loan_receipt", "accepted"),
            ("delivery", "return_confirmation", "accepted"),
            ("delivery", "hold_ready", "accepted"),
            ("action", "CancelHold", "done"),
        ]
        entries = told(desk, copy=copy.barcode)
        assert sorted(lines(entries)) == sorted(expected)
        assert lines(entries)[:4] == expected[:4]
        assert lines(entries)[-1] == expected[-1]
        assert entries[-1]["hold"] == hold["id"]

    def test_is_found_by_its_id_too(self, desk: Desk) -> None:
        copy = a_copy()
        desk.give_back(copy.barcode)
        by_id, by_barcode = told(desk, copy=copy.id), told(desk, copy=copy.barcode)
        assert by_id == by_barcode
        assert [each["what"] for each in by_id][-1] == "ReturnBook"

    @pytest.mark.parametrize("copy", ["no-such-copy", str(UUID(int=7))])
    def test_that_nobody_knows_is_empty(self, desk: Desk, copy: str) -> None:
        assert told(desk, copy=copy) == []


class TestTheTimelineOfAPatron:
    def test_has_what_they_did_and_what_was_done_with_them(self, desk: Desk) -> None:
        patron = a_patron()
        desk.borrow(a_copy().barcode, patron.card_number)
        dispatch(SuspendPatron(patron=patron.id, reason="unpaid bill"))
        desk.borrow(a_copy().barcode, patron.card_number)
        deliver()
        assert [each["what"] for each in told(desk, patron=patron.id)] == [
            "RegisterPatron",
            "BorrowBook",
            "SuspendPatron",
            "BorrowBook",
            "loan_receipt",
            "loan_receipt",
        ]

    def test_names_nobody_after_erasure(self, desk: Desk) -> None:
        patron = a_patron(name="Dorothea Casaubon", email="dodo@tipton.example")
        dispatch(AddBlock(patron=patron.id, reason="unpaid bill", until=THEN))
        copy = a_copy()
        override = {"codes": ["patron_blocked"], "comment": "Dorothea paid it"}
        desk.borrow(copy.barcode, patron.card_number, override=override)
        desk.give_back(copy.barcode)
        deliver()
        dispatch(ErasePatron(patron=patron.id, comment="asked for it"))
        response = desk.get("/timeline", patron=str(patron.id), page_size=100)
        assert lines(response.json()["results"])[-1] == ("action", "ErasePatron", "done")
        for who in ("Dorothea", "dodo@", patron.card_number):
            assert who not in response.content.decode()


class TestAnAnonymisedLoan:
    def test_is_told_without_whose_it_was_and_not_among_that_patrons_doings(self, desk: Desk) -> None:
        patron, copy = a_patron(), a_copy()
        loan = desk.borrow(copy.barcode, patron.card_number, at=BORROWED).json()
        desk.give_back(copy.barcode, at="2024-01-20T10:00:00Z")
        deliver()
        with with_context(acts_at=datetime.fromisoformat("2024-12-20T10:00:00+00:00")):
            dispatch(AnonymiseLoan(loan=UUID(loan["id"])))
        deliver()
        assert LoanRow.objects.get(id=loan["id"]).patron_id is None
        entries = told(desk, loan=loan["id"])
        assert {"BorrowBook", "ReturnBook"} <= {each["what"] for each in entries}
        assert str(patron.id) not in str(entries)
        assert str(patron.id) not in str(told(desk, copy=copy.barcode))
        own = told(desk, patron=patron.id)
        assert loan["id"] not in str(own)
        assert str(copy.id) not in str(own)


class TestAsking:
    @pytest.mark.parametrize(
        "params", [{}, {"copy": "C1", "loan": str(uuid4())}, {"loan": "C1"}, {"hold": str(uuid4())}]
    )
    def test_is_for_one_thing_at_a_time(self, desk: Desk, params: dict[str, str]) -> None:
        assert desk.get("/timeline", **params).status_code == 422

    def test_is_for_those_who_may_read_the_audit(self, token: Token, browser: Any) -> None:
        path = f"/api/v1/timeline?loan={uuid4()}"
        assert browser("librarian").get(path).status_code == 403
        assert browser("manager").get(path).status_code == 200
        assert Desk(token("circulation:read")).get("/timeline", loan=str(uuid4())).status_code == 403

    @pytest.mark.parametrize("size", [1, 2, 3, 5])
    def test_goes_through_all_of_it_page_by_page_and_back(self, desk: Desk, size: int) -> None:
        patron = a_patron()
        for _ in range(4):
            desk.borrow(a_copy().barcode, patron.card_number)
            deliver()
        everything = told(desk, patron=patron.id)
        assert len(everything) == 13
        page = desk.get("/timeline", patron=str(patron.id), page_size=size).json()
        forwards, last = list(page["results"]), page
        while last["next"]:
            last = desk.client.get(last["next"], headers=desk.headers).json()
            forwards += last["results"]
        assert forwards == everything
        backwards = list(last["results"])
        while last["previous"]:
            last = desk.client.get(last["previous"], headers=desk.headers).json()
            backwards = last["results"] + backwards
        assert backwards == everything

    def test_costs_the_same_few_statements_however_much_there_is(self, desk: Desk) -> None:
        copy, patron = a_copy(), a_patron()
        counted = []
        for _ in range(3):
            desk.borrow(copy.barcode, patron.card_number)
            desk.give_back(copy.barcode)
            deliver()
            told(desk, copy=copy.barcode)
            with CaptureQueriesContext(
                connection,
            ) as asked:
                told(desk, copy=copy.barcode)
            counted.append(len(asked))
        assert len(set(counted)) == 1
        assert counted[0] <= 5

    @pytest.mark.parametrize("kind", ["copy", "loan", "patron"])
    def test_looks_into_an_index_and_not_through_the_library(self, kind: str) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL enable_seqscan = off")
            plan = entries_about(kind=kind, id=uuid4()).order_by("at", "id").explain()
        assert f"kernel_audit_by_{kind}" in plan
        assert "TEMP B-TREE" not in plan

    @pytest.mark.parametrize("kind", ["copy", "loan", "patron"])
    def test_looks_for_letters_into_an_index_too(self, kind: str) -> None:
        some = uuid4()
        loans = LoanRow.objects.filter(copy_id=some).order_by().values_list("id")
        of_a_copy = loans.union(HoldRow.objects.filter(copy_id=some).order_by().values_list("id"))
        about: Any = {"copy": {"about": of_a_copy}, "loan": {"about": [some]}, "patron": {"patron": some}}
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL enable_seqscan = off")
            plan = letters_owed(**about[kind]).order_by("at", "id").explain()
        assert "patrons_notices_by_" in plan
        assert "SCAN patrons_noticerow" not in plan
        assert "SCAN lending_" not in plan
        assert "Seq Scan" not in plan


class TestThePage:
    @pytest.mark.parametrize("of", ["loan", "patron", "copy"])
    def test_is_reached_from_the_row_and_tells_the_latest_first(
        self, desk: Desk, browser: Any, of: str
    ) -> None:
        patron, copy = a_patron(name="Dorothea Casaubon"), a_copy()
        loan = desk.borrow(copy.barcode, patron.card_number).json()
        desk.give_back(copy.barcode)
        rows = {
            "loan": ("lending/loanrow", loan["id"]),
            "patron": ("patrons/patronrow", patron.id),
            "copy": ("catalog/copyrow", copy.id),
        }
        manager = browser("manager")
        address, row_id = rows[of]
        row = manager.get(f"/admin/{address}/{row_id}/change/").content.decode()
        link = f"/admin/lending/reportrow/timeline/?{of}={row_id}"
        assert link in row
        page = manager.get(link).content.decode()
        assert page.index("Return book") < page.index("Borrow book")
        assert "Dorothea Casaubon" in page
        librarian = browser("librarian")
        assert link not in librarian.get(f"/admin/{address}/{row_id}/change/").content.decode()
        assert librarian.get(link).status_code == 403

    def test_shows_an_override_with_its_reason_and_who_gave_it(self, desk: Desk, browser: Any) -> None:
        patron, manager = a_patron(), browser("manager")
        dispatch(AddBlock(patron=patron.id, reason="unpaid bill", until=THEN))
        form = {"patron": patron.card_number, "copy": a_copy().barcode, "lend": ""}
        manager.post("/desk/", {**form, "override": "patron_blocked", "comment": "<b>ours</b>"})
        page = manager.get("/admin/lending/reportrow/timeline/", {"patron": str(patron.id)}).content.decode()
        assert "overrode patron_blocked" in page
        assert "<q>&lt;b&gt;ours&lt;/b&gt;</q>" in page
        assert "manager" in page

    def test_goes_on_to_what_was_earlier(self, desk: Desk, browser: Any) -> None:
        copy, patron, manager = a_copy(), a_patron(), browser("manager")
        for _ in range(2):
            desk.borrow(copy.barcode, patron.card_number)
            desk.give_back(copy.barcode)
        first = manager.get("/admin/lending/reportrow/timeline/", {"copy": copy.barcode, "page_size": "3"})
        second = manager.get(first.context_data["next"])
        told = [row["what"] for page in (first, second) for row in page.context_data["rows"]]
        assert told == ["Return book", "Borrow book", "Return book", "Borrow book", "Add copy"]

    @pytest.mark.parametrize("params", [{}, {"copy": "x", "loan": str(UUID(int=1))}, {"loan": "x"}])
    def test_asks_of_what(self, browser: Any, params: dict[str, str]) -> None:
        answer = browser("manager").get("/admin/lending/reportrow/timeline/", params)
        assert answer.status_code == 200
        assert "rows" not in answer.context_data
