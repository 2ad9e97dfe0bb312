import csv
import json
from datetime import UTC, date, datetime
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.services.commands.count_borrowing import CountBorrowing
from catalog.services.commands.remove_book import RemoveBook
from lending.services.commands.anonymise_loan import AnonymiseLoan
from lending.services.queries.reports import REPORTS
from patrons.services.commands.erase_patron import ErasePatron
from shared_kernel.services.commands import dispatch
from shared_kernel.services.request_context import with_context
from tests.factories import a_book, a_branch, a_copy
from tests.factories_patrons import a_patron
from tests.integration.conftest import Browser
from tests.integration.lending.desk import Desk

pytestmark = pytest.mark.django_db

BORROWED = "2024-01-15T10:00:00Z"
LATER = datetime(2024, 2, 20, 10, tzinfo=UTC)


def report(name: str, **options: Any) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("report", name, as_json=True, stdout=out, **{"as_of": LATER, **options})
    lines: list[dict[str, Any]] = json.loads(out.getvalue())
    return lines


def as_csv(client: Client, name: str, **scope: str) -> list[list[str]]:
    response: Any = client.get(f"/admin/lending/reportrow/report/{name}.csv", scope)
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode()
    return list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline="")))


class TestTheOverdueReport:
    def test_lists_open_loans_that_are_late_the_longest_first(self, desk: Desk) -> None:
        patron = a_patron(name="Dorothea Casaubon", category="premium")
        late = desk.borrow(a_copy().barcode, patron.card_number, at=BORROWED).json()
        later = desk.borrow(a_copy().barcode, a_patron().card_number, at=BORROWED).json()
        back = desk.borrow(a_copy().barcode, a_patron().card_number, at=BORROWED).json()
        desk.give_back(back["copy_barcode"], at="2024-02-10T10:00:00Z")
        desk.borrow(a_copy().barcode, patron.card_number, at="2024-02-19T10:00:00Z")
        lines = report("overdue")
        assert [(line["loan"], line["days_overdue"]) for line in lines] == [
            (later["id"], 22),
            (late["id"], 15),
        ]
        assert (lines[1]["patron_name"], lines[1]["barcode"]) == ("Dorothea Casaubon", late["copy_barcode"])

    def test_is_of_one_branch_if_wanted(self, desk: Desk) -> None:
        a_branch("EAST")
        for branch in ("EAST", "MAIN"):
            desk.borrow(a_copy(branch=branch).barcode, a_patron().card_number, at=BORROWED)
        assert [line["branch"] for line in report("overdue", branch="EAST")] == ["EAST"]

    def test_asks_for_no_more_statements_for_more_loans_of_a_page(self, desk: Desk) -> None:
        counted = []
        for _ in range(2):
            for _ in range(3):
                desk.borrow(a_copy().barcode, a_patron().card_number, at=BORROWED)
            with CaptureQueriesContext(connection) as asked:
                report("overdue")
            counted.append(len(asked))
        assert counted[0] == counted[1]


class TestTheTopBooks:
    def test_are_counted_over_whole_months(self) -> None:
        emma, romola = a_book(title="Emma"), a_book(title="Romola")
        for book, month, times in ((emma, 1, 3), (romola, 1, 1), (romola, 2, 4), (emma, 3, 9)):
            for _ in range(times):
                dispatch(CountBorrowing(book=book.id, month=date(2024, month, 1)))
        found = report("top-books", first_on=date(2024, 1, 20), last_on=date(2024, 2, 3))
        assert [(line["place"], line["title"], line["borrowings"]) for line in found] == [
            (1, "Romola", 5),
            (2, "Emma", 3),
        ]

    def test_keep_a_book_that_is_gone(self) -> None:
        book = a_book()
        dispatch(CountBorrowing(book=book.id, month=date(2024, 2, 1)))
        dispatch(RemoveBook(book=book.id))
        (line,) = report("top-books")
        assert (line["book"], line["borrowings"]) == (str(book.id), 1)
        assert "not in the catalogue" in line["title"]


class TestTheUse:
    def test_is_told_by_month_and_category(self, desk: Desk) -> None:
        for category, at in (
            *[("regular", BORROWED)] * 2,
            ("premium", BORROWED),
            ("regular", "2024-02-01T00:00:00Z"),
            ("regular", "2022-12-31T23:59:59Z"),
        ):
            desk.borrow(a_copy().barcode, a_patron(category=category).card_number, at=at)
        assert [(it["month"], it["category"], it["loans"]) for it in report("use")] == [
            ("2024-01", "premium", 1),
            ("2024-01", "regular", 2),
            ("2024-02", "regular", 1),
        ]
        earlier = report("use", first_on=date(2022, 12, 31), last_on=date(2022, 12, 1))
        assert [it["month"] for it in earlier] == ["2022-12"]

    def test_is_the_same_after_anonymising_and_erasure(self, desk: Desk) -> None:
        patron = a_patron()
        copies = [a_copy(), a_copy()]
        loans = [desk.borrow(copy.barcode, patron.card_number, at=BORROWED).json() for copy in copies]
        for copy in copies:
            desk.give_back(copy.barcode, at="2024-01-20T10:00:00Z")
        before = report("use")
        assert sum(line["loans"] for line in before) == 2
        with with_context(acts_at=datetime(2024, 12, 1, tzinfo=UTC)):
            dispatch(AnonymiseLoan(loan=UUID(loans[0]["id"])))
        dispatch(ErasePatron(patron=patron.id, comment="asked for it"))
        assert report("use") == before


class TestTheHoldLists:
    def test_tell_what_to_pick_and_what_to_clear(self, desk: Desk) -> None:
        picked, cleared = a_copy(), a_copy()
        waiting = a_patron(name="Will Ladislaw")
        desk.hold(picked.book, waiting.card_number, at=BORROWED)
        desk.borrow(cleared.barcode, a_patron().card_number, at=BORROWED)
        gone = desk.hold(cleared.book, waiting.card_number, at=BORROWED).json()
        desk.give_back(cleared.barcode, at="2024-01-16T10:00:00Z")
        desk.post(f"/holds/{gone['id']}/cancel", at="2024-02-01T10:00:00Z")
        (pick,), (clear,) = report("picks"), report("shelf")
        assert (pick["barcode"], pick["patron_name"]) == (picked.barcode, "Will Ladislaw")
        assert (clear["barcode"], clear["ended_at"]) == (cleared.barcode, "2024-02-01T10:00:00Z")


class TestTheCommand:
    def test_prints_a_table_for_people(self, desk: Desk) -> None:
        loan = desk.borrow(a_copy().barcode, a_patron().card_number, at=BORROWED).json()
        out = StringIO()
        call_command("report", "overdue", as_of=LATER, stdout=out)
        assert loan["copy_barcode"] in out.getvalue()
        assert "days" in out.getvalue()

    def test_prints_csv(self, desk: Desk) -> None:
        copy = a_copy(book=a_book(title="=1+1").id)
        desk.borrow(copy.barcode, a_patron(name="Will, Ladislaw").card_number, at=BORROWED)
        out = StringIO()
        call_command("report", "overdue", as_csv=True, as_of=LATER, stdout=out)
        heads, row = csv.reader(StringIO(out.getvalue(), newline=""))
        line = dict(zip(heads, row, strict=True))
        assert line["title"] == "'=1+1"
        assert (line["patron_name"], line["due_at"]) == ("Will, Ladislaw", "2024-01-29T23:59:59Z")
        assert out.getvalue().endswith("\r\n")

    def test_prints_an_empty_list_where_there_is_nothing(self) -> None:
        assert [report(name) for name in REPORTS] == [[]] * len(REPORTS)

    @pytest.mark.parametrize(
        ("name", "options", "status"),
        [
            ("overdue", {"first_on": date(2024, 1, 1)}, 2),
            ("top-books", {"branch": "MAIN"}, 2),
            ("overdue", {"as_csv": True, "as_json": True}, 2),
            ("overdue", {"branch": "NOWHERE"}, 1),
            ("use", {"first_on": date(2024, 3, 1), "last_on": date(2024, 2, 1)}, 1),
        ],
    )
    def test_refuses_what_makes_no_sense(self, name: str, options: dict[str, Any], status: int) -> None:
        with pytest.raises(CommandError) as refused:
            call_command("report", name, stdout=StringIO(), **options)
        assert refused.value.returncode == status


class TestTheAdministration:
    def test_offers_every_report(self, browser: Browser) -> None:
        page = browser("librarian").get("/admin/lending/reportrow/").content.decode()
        assert all(f"/admin/lending/reportrow/report/{name}/" in page for name in REPORTS)

    @pytest.mark.parametrize("name", REPORTS)
    def test_shows_each_though_there_is_nothing(self, browser: Browser, name: str) -> None:
        client = browser("librarian")
        response = client.get(f"/admin/lending/reportrow/report/{name}/")
        assert response.status_code == 200
        assert as_csv(client, name) == [list(REPORTS[name].columns)]

    def test_draws_a_chart_that_is_told_in_words_too(self, browser: Browser, desk: Desk) -> None:
        desk.borrow(a_copy().barcode, a_patron().card_number, at=BORROWED)
        page = browser("librarian").get("/admin/lending/reportrow/report/overdue/").content.decode()
        assert 'data-type="bar"' in page
        assert "over 90 days: 1 loans" in page

    def test_goes_on_to_the_next_page(self, browser: Browser, desk: Desk) -> None:
        barcodes = [a_copy().barcode for _ in range(3)]
        for barcode in barcodes:
            desk.borrow(barcode, a_patron().card_number, at=BORROWED)
        client = browser("librarian")
        response: Any = client.get("/admin/lending/reportrow/report/overdue/", {"page_size": "2"})
        following: Any = client.get(response.context_data["next"])
        shown = [row[1] for answer in (response, following) for row in answer.context_data["rows"]]
        assert sorted(shown) == sorted(barcodes)

    def test_hands_out_all_of_it_as_csv_that_runs_nothing(self, browser: Browser, desk: Desk) -> None:
        for name in ("=HYPERLINK(1)", "+1", "-1", "@SUM(1)", 'Will "the painter", Ladislaw'):
            desk.borrow(a_copy().barcode, a_patron(name=name).card_number, at=BORROWED)
        heads, *rows = as_csv(browser("librarian"), "overdue")
        names = {row[heads.index("patron_name")] for row in rows}
        assert names == {"'=HYPERLINK(1)", "'+1", "'-1", "'@SUM(1)", 'Will "the painter", Ladislaw'}

    def test_says_what_is_wrong_with_a_period(self, browser: Browser) -> None:
        wrong = {"first_on": "2024-03-01", "last_on": "2024-01-01"}
        client = browser("librarian")
        page = client.get("/admin/lending/reportrow/report/use/", wrong).content.decode()
        assert "before it begins" in page
        assert client.get("/admin/lending/reportrow/report/use.csv", {"first_on": "soon"}).status_code == 404

    def test_knows_no_other_report(self, browser: Browser) -> None:
        client = browser("librarian")
        for address in ("report/debts/", "report/debts.csv"):
            assert client.get(f"/admin/lending/reportrow/{address}").status_code == 404
