"""Each list shows every row once, one a page, forwards and backwards, where the rows are sorted alike."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from catalog.models import BookRow, ImportRow
from lending.models import BranchRow, ClosureRow, HoldRow, LoanRow
from lending.services.commands.place_hold import PlaceHold
from lending.services.commands.set_rule import SetRule
from lending.services.queries.reports import ReadReport, all_lines
from lending.services.queries.timeline import Timeline
from lending.services.reports.definition import ReportScope
from outbox.models import OutboxMessage
from patrons.models import NoticeRow, PatronRow
from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from shared_kernel.services.pagination import Page, PageRequest
from shared_kernel.services.queries import ask
from tests.factories import a_book, a_branch, a_copy, a_loan
from tests.factories_patrons import a_patron, owe
from tests.integration.constraints.rows import a_row
from tests.integration.entry_points.access_table import SCOPES

pytestmark = pytest.mark.django_db

SAME, DUE = datetime(2024, 1, 15, 10, tzinfo=UTC), datetime(2024, 1, 29, 10, tzinfo=UTC)
MANY = 3

LISTS = [
    *(f"/books?ordering={order}" for order in ("title", "-title", "year", "-year", "added", "-added")),
    *(f"/books?{chosen}" for chosen in ("q=tied", "q=tied&ordering=-title", "language=en", "available=true")),
    *("/books?q=tied&available=true", "/books?available=false", "/books?q=tied&ordering=relevance"),
    *("/loans", "/loans?state=open", "/loans?overdue=true", "/loans?patron={patron}", "/loans?copy={copy}"),
    *("/holds", "/holds?state=waiting", "/holds?patron={patron}", "/patrons", "/patrons?q=tied"),
    *("/imports", "/rules", "/branches", "/branches/MAIN/closures"),
    *("/timeline?copy={copy}", "/timeline?loan={loan}", "/timeline?patron={patron}"),
]


def set_all(model: type[Model], **values: object) -> None:
    model._default_manager.update(**values)


@pytest.fixture
def tied(db: None) -> dict[str, str]:
    """A library whose lists are sorted by what is the same in all rows; the ids of some that have many."""
    books = [a_book(title=f"Tied {number}", language="en").id for number in range(2 * MANY)]
    for book in books[:MANY]:
        a_copy(book=book)
    patron, lent = a_patron(), a_copy()
    loan = a_loan(copy_barcode=lent.barcode, patron_card=patron.card_number)
    for _ in range(MANY):
        a_loan(patron_card=patron.card_number)
        dispatch(PlaceHold(book=a_loan().book, patron_card=patron.card_number))
        LoanRow.objects.bulk_create([an_earlier_loan_of(loan.id)])
        a_row(ImportRow, name="tied", format="csv", state="done", created_at=SAME).save(force_insert=True)
        letter = owe(patron=patron)
        NoticeRow.objects.filter(id=letter.id).update(about_id=loan.id, state="accepted", finished_at=SAME)
        AuditEntry.objects.bulk_create([an_audited_act(loan.id, lent.id, patron.id)])
    for number in range(MANY):
        a_branch(f"B{number}")
        dispatch(SetRule(branch=f"B{number}", values={"loan_days": 3}))
        closure = a_row(
            ClosureRow, branch_id=BranchRow.objects.get(code="MAIN").id, first_on=date(2030, 1, 1)
        )
        closure.save(force_insert=True)
    set_all(BookRow, title="Tied", sort_key="tied", year_key=1999, added_at=SAME)
    set_all(LoanRow, borrowed_at=SAME, due_at=DUE)
    set_all(HoldRow, placed_at=SAME)
    set_all(PatronRow, name="Tied", sort_key="tied")
    set_all(NoticeRow, owed_at=SAME)
    set_all(AuditEntry, at=SAME)
    set_all(OutboxMessage, published_at=SAME)
    return {"patron": str(patron.id), "loan": str(loan.id), "copy": lent.barcode}


def an_earlier_loan_of(loan_id: UUID) -> LoanRow:
    like = LoanRow.objects.get(id=loan_id)
    columns = {column.attname: getattr(like, column.attname) for column in LoanRow._meta.concrete_fields}
    ended = {"state": "returned", "returned_at": DUE, "due_at": DUE, "borrowed_at": SAME}
    row = a_row(LoanRow, **{name: value for name, value in columns.items() if name != "id"} | ended)
    assert isinstance(row, LoanRow)
    return row


def an_audited_act(loan: object, copy: object, patron: object) -> AuditEntry:
    subjects = {"loan": str(loan), "copy": str(copy), "patron": str(patron)}
    row = a_row(AuditEntry, outcome="done", door="test", subjects=subjects, at=SAME)
    assert isinstance(row, AuditEntry)
    return row


def walked(
    first: Page[Any], turn: Callable[[Any, bool], Page[Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What one sees going to the last page, and then coming back to the first, in the order of the list."""
    there, page = list(first.results), first
    back: list[dict[str, Any]] = []
    while page.next is not None:
        assert len(there) < 100, "the pages have no end"
        page = turn(page.next, False)
        there += page.results
    back += page.results
    while page.previous is not None:
        assert len(back) < 100, "the pages have no beginning"
        page = turn(page.previous, True)
        back = [*page.results, *back]
    return there, back


class TestPages:
    def test_of_the_api_show_each_row_once_both_ways(self, tied: dict[str, str], token: Any) -> None:
        headers = token(*SCOPES)

        def fetch(url: str, **parameters: str) -> Page[Any]:
            response = Client().get(url, parameters or None, headers=headers)
            assert response.status_code == 200, response.content
            return Page(**{name: response.json()[name] for name in ("results", "next", "previous")})

        for address in LISTS:
            start, _, chosen = f"/api/v1{address.format(**tied)}".partition("?")
            query = dict(pair.split("=") for pair in chosen.split("&") if pair)
            whole = fetch(start, **query, page_size="100").results
            assert len(whole) >= MANY, address
            assert len({str(row) for row in whole}) == len(whole) or "timeline" in address
            there, back = walked(fetch(start, **query, page_size="1"), lambda link, _: fetch(link))
            assert there == whole, address
            assert back == whole, address

    def test_of_what_happened_show_each_entry_once_both_ways(self, tied: dict[str, str]) -> None:
        for of in ("copy", "loan", "patron"):
            for newest_first in (True, False):
                thing: dict[str, Any] = {of: tied[of]}  # a barcode or an id
                asked = Timeline(**thing, newest_first=newest_first, page=PageRequest(size=100))
                assert len(check(asked)) >= 3 * MANY

    def test_of_reports_show_each_line_once_both_ways(
        self, tied: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        late = timezone.now() - timedelta(days=1)
        for name, state in (("overdue", ""), ("picks", "allocated"), ("shelf", "expired")):
            for hold in HoldRow.objects.all() if state else ():
                HoldRow.objects.filter(id=hold.id).update(
                    state=state, copy_id=uuid4(), barcode="C", pickup_deadline_at=late, ended_at=late
                )
            whole = check(ReadReport(name=name, scope=ReportScope(), page=PageRequest(size=100)))
            assert len(whole) >= MANY, name
            with monkeypatch.context() as patched:
                patched.setattr("lending.services.queries.reports._TOGETHER", 1)
                assert list(all_lines(name, ReportScope())) == whole, name


def check(asked: Timeline | ReadReport) -> list[Any]:
    """The whole list, having walked it one row a page."""
    whole: list[Any] = ask(asked).results

    def turn(keys: Any, backwards: bool) -> Page[Any]:
        return ask(replace(asked, page=PageRequest(size=1, keys=keys, backwards=backwards)))

    assert walked(turn(None, False), turn) == (whole, whole)
    return whole
