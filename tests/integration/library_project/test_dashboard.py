"""The first page of the administration."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.services.commands.count_borrowing import CountBorrowing
from lending.models import LoanRow
from outbox.models import QuarantinedMessage
from shared_kernel.models import Breaker
from shared_kernel.services.commands import dispatch
from shared_kernel.services.logins import CreateLogin
from tests.factories import a_book, a_loan

pytestmark = pytest.mark.django_db


@pytest.fixture
def page_for() -> Callable[[str], str]:
    def look(role: str) -> str:
        client = Client()
        login = User.objects.filter(username=f"the-{role}").first()
        client.force_login(
            login or User.objects.get(pk=dispatch(CreateLogin(name=f"the-{role}", role=role)).id)
        )
        answer = client.get("/admin/")
        assert answer.status_code == 200
        return answer.content.decode()

    return look


def cards(page: str) -> dict[str, int]:
    found = re.findall(r'<span class="block mb-2">([^<]+)</span>\s*<strong [^>]*>(\d+)</strong>', page)
    return {name: int(number) for name, number in found}


def charts(page: str) -> list[dict[str, Any]]:
    return [json.loads(unescape(drawn)) for drawn in re.findall(r'data-value="([^"]+)"', page)]


class TestALibrariansFirstPage:
    def test_counts_what_is_lent_and_overdue(self, page_for: Callable[[str], str]) -> None:
        a_loan()
        late, back = a_loan(), a_loan()
        LoanRow.objects.filter(id=late.id).update(
            borrowed_at=timezone.now() - timedelta(days=20), due_at=timezone.now() - timedelta(days=6)
        )
        LoanRow.objects.filter(id=back.id).update(state="returned", returned_at=timezone.now())
        shown = cards(page_for("librarian"))
        assert (shown["Open loans"], shown["Overdue"], shown["To fetch from the shelves"]) == (2, 1, 0)
        assert "Unpublished events" not in shown

    def test_draws_the_last_weeks_and_the_next(self, page_for: Callable[[str], str]) -> None:
        loan = a_loan()
        old = LoanRow.objects.get(id=a_loan().id)
        old.borrowed_at, old.due_at = datetime(2020, 1, 1, tzinfo=UTC), timezone.now() + timedelta(days=90)
        old.save()
        page = page_for("librarian")
        lent, due = charts(page)
        assert lent["datasets"][0]["data"] == [0] * 27 + [1]
        [day] = [
            label for label, count in zip(due["labels"], due["datasets"][0]["data"], strict=True) if count
        ]
        assert day == f"{loan.due_at:%d %b}"
        assert f"{timezone.localdate():%-d %b} 1" in page

    def test_names_what_is_borrowed_most(self, page_for: Callable[[str], str]) -> None:
        rare, often = a_book(title="Romola"), a_book(title="Middlemarch")
        month = timezone.now().date().replace(day=1)
        for book in (rare, often, often):
            dispatch(CountBorrowing(book=book.id, month=month))
        dispatch(CountBorrowing(book=rare.id, month=month.replace(year=month.year - 1)))
        page = page_for("librarian")
        assert page.index("Middlemarch") < page.index("Romola")
        assert f"/admin/catalog/bookrow/{often.id}/change/" in page

    def test_offers_what_is_done_most_often(self, page_for: Callable[[str], str]) -> None:
        page = page_for("librarian")
        for address in ("/desk/", "/admin/patrons/patronrow/add/", "/admin/catalog/importrow/add/"):
            assert f'href="{address}"' in page

    def test_costs_the_same_however_much_there_is(self, page_for: Callable[[str], str]) -> None:
        page_for("librarian")
        with CaptureQueriesContext(connection) as few:
            page_for("librarian")
        for _ in range(5):
            a_loan()
        with CaptureQueriesContext(connection) as many:
            page_for("librarian")
        assert len(many) == len(few)


class TestAnOperatorsFirstPage:
    def test_tells_how_delivery_is_doing_and_nothing_of_circulation(
        self, page_for: Callable[[str], str]
    ) -> None:
        a_loan()
        Breaker.objects.create(
            name="sendgrid", state="open", opened_at=timezone.now(), changed_at=timezone.now()
        )
        QuarantinedMessage.objects.quarantine(
            consumer="patrons",
            payload=b"{}",
            digest="d",
            reason="unknown version",
            event_id=None,
            event_type="lending.book_borrowed.v9",
        )
        page = page_for("operator")
        shown = cards(page)
        assert (shown["Open circuit breakers"], shown["Events in quarantine"], shown["Notices failed"]) == (
            1,
            1,
            0,
        )
        assert shown["Unpublished events"] > 0
        assert "Open loans" not in shown
        assert charts(page) == []
