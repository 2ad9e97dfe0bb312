"""Two clicks at once: real threads on the real database, each with a connection of its own."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from catalog.models import BookRow
from lending.models import LedgerEntryRow, LoanRow
from lending.services.commands.return_book import ReturnBook
from outbox.models import OutboxMessage
from shared_kernel.models import AuditEntry, IdempotencyRecord
from shared_kernel.services.commands import dispatch
from shared_kernel.services.request_context import with_context
from tests.conftest import ON_POSTGRESQL
from tests.factories import a_book, a_copy, a_loan
from tests.factories_patrons import a_patron
from tests.integration.conftest import Browser
from tests.integration.lending.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

KEY = "a-page-that-was-open"


def sending(browser: Client, address: str, **values: Any) -> Callable[[], Any]:
    """A click, in a window of its own of the same browser."""
    cookies = browser.cookies

    def send() -> Any:
        window = Client(raise_request_exception=False)
        window.cookies = cookies.copy()  # type: ignore[assignment]  # a SimpleCookie is a dict to the stubs
        return window.post(address, {**values, "idempotency_key": KEY})

    return send


def said(answer: Any) -> tuple[int, str | None, list[str]]:
    messages = [str(message) for message in answer.wsgi_request._messages._queued_messages]
    return answer.status_code, answer.headers.get("Location"), messages


def events(kind: str) -> int:
    return OutboxMessage.objects.filter(type=kind).count()


class TestTwoClicksAtOnce:
    def test_take_one_payment(self, browser: Browser) -> None:
        patron, desk = a_patron(), browser("librarian")
        with with_context(acts_at=datetime(2024, 1, 15, tzinfo=UTC)):
            loan = a_loan(patron_card=patron.card_number)
        with with_context(acts_at=datetime(2024, 2, 2, tzinfo=UTC)):
            dispatch(ReturnBook(copy_barcode=loan.copy_barcode))
        pay = sending(desk, f"/desk/pay/{patron.id}", amount="0.50", patron=patron.card_number)
        first, second = at_once(pay, pay)
        assert said(first) == said(second) == (302, f"/desk/?patron={patron.card_number}", ["Payment taken."])
        assert events("lending.payment_posted.v1") == 1
        assert LedgerEntryRow.objects.filter(kind="payment").count() == 1

    def test_lend_one_copy_and_refuse_nothing(self, browser: Browser) -> None:
        patron, copy, desk = a_patron(), a_copy(), browser("librarian")
        lend = sending(desk, "/desk/", patron=patron.card_number, copy=copy.barcode, lend="")
        first, second = at_once(lend, lend)
        assert said(first) == said(second)
        assert said(first)[2][0].startswith("Lent “")
        assert LoanRow.objects.count() == events("lending.book_borrowed.v1") == 1
        assert not AuditEntry.objects.filter(outcome="refused").exists()

    def test_remove_the_same_books_once(self, browser: Browser) -> None:
        root, books = browser(superuser=True), [str(a_book().id) for _ in range(5)]
        remove = sending(root, "/admin/catalog/bookrow/", action="remove", index="0", _selected_action=books)
        first, second = at_once(remove, remove)
        assert said(first) == said(second) == (302, "/admin/catalog/bookrow/", ["5 done."])
        assert events("catalog.book_removed.v1") == 5
        assert not BookRow.objects.exists()

    @pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite has one writer at a time")
    def test_are_told_apart_where_the_first_takes_too_long(self, browser: Browser) -> None:
        desk, loan = browser("librarian"), a_loan()
        renew = sending(desk, f"/desk/renew/{loan.id}")
        who = f"user:{desk.session['_auth_user_id']}"
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    f"INSERT INTO {IdempotencyRecord._meta.db_table}"
                    " (principal, key, claim, fingerprint, claimed_at)"
                    " VALUES (%s, %s, gen_random_uuid(), '', now())",
                    [who, KEY],
                )
            [answer] = at_once(renew)
            transaction.set_rollback(True)
        assert (answer.status_code, answer.headers["Retry-After"]) == (409, "3")
        assert "is still being worked on" in answer.content.decode()
        assert said(renew())[2] == ["Renewed."]
