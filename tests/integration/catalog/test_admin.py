from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from catalog.models import BookRow, CopyRow
from catalog.services.commands.count_borrowing import CountBorrowing
from outbox.models import OutboxMessage
from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from tests.factories import a_book, a_copy

pytestmark = pytest.mark.django_db

BOOKS = "/admin/catalog/bookrow/"
COPIES = "/admin/catalog/copyrow/"
COUNTS = "/admin/catalog/borrowingcountrow/"
ROMOLA = {"title": "Romola", "authors": "Eliot, George\nEvans, Mary Ann", "copies": "2"}


@pytest.fixture
def librarian(login_as: Callable[[str], Client]) -> Client:
    return login_as("librarian")


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


class TestTheBooksPages:
    def test_list_and_find_them_as_the_catalogue_does(self, librarian: Client) -> None:
        a_book(title="L'Étranger")
        a_book(title="Romola")
        found = librarian.get(BOOKS, {"q": "etrang"}).content.decode()
        assert "Étranger" in found
        assert "Romola" not in found

    def test_show_one_without_a_way_to_edit_it(self, librarian: Client) -> None:
        book = a_book(title="Romola")
        page = librarian.get(f"{BOOKS}{book.id}/change/")
        assert page.status_code == 200
        assert 'name="title"' not in page.content.decode()
        assert librarian.post(f"{BOOKS}{book.id}/change/", {"title": "x"}).status_code == 403
        assert librarian.post(f"{BOOKS}{book.id}/delete/", {"post": "yes"}).status_code == 403
        assert BookRow.objects.get().title == "Romola"

    def test_add_one_through_the_command(self, librarian: Client) -> None:
        answer = librarian.post(f"{BOOKS}add/", ROMOLA)
        assert answer.status_code == 302
        assert said(answer) == ["The book was added."]
        row = BookRow.objects.get()
        assert row.authors == ["Eliot, George", "Evans, Mary Ann"]
        assert CopyRow.objects.filter(book=row).count() == 2
        assert AuditEntry.objects.get(action="AddBook").principal.startswith("user:")
        assert OutboxMessage.objects.count() == 3

    def test_say_why_not_and_nothing_else(self, librarian: Client) -> None:
        a_book(isbn="9780140434705")
        answer = librarian.post(f"{BOOKS}add/", {**ROMOLA, "isbn": "9780140434705"})
        assert answer.status_code == 200
        assert "Another Book has this ISBN." in answer.content.decode()
        assert said(answer) == []
        assert BookRow.objects.count() == 1

    def test_let_an_operator_look_but_not_add(self, login_as: Callable[[str], Client]) -> None:
        operator = login_as("operator")
        assert operator.get(BOOKS).status_code == 200
        assert operator.post(f"{BOOKS}add/", ROMOLA).status_code == 403


class TestTheCopiesPages:
    def test_list_filter_and_show_them(self, librarian: Client) -> None:
        copy = a_copy(barcode="0042", item_type="dvd")
        a_copy(barcode="0043")
        for query in ("q=0042", "item_type=dvd"):
            page = librarian.get(f"{COPIES}?{query}").content.decode()
            assert "0042" in page
            assert "0043" not in page
        assert librarian.get(f"{COPIES}{copy.id}/change/").status_code == 200

    def test_add_one_through_the_command(self, librarian: Client) -> None:
        book = a_book()
        wanted = {"book": str(book.id), "barcode": "", "item_type": "book", "branch": "MAIN", "price": "12.5"}
        assert librarian.post(f"{COPIES}add/", wanted).status_code == 302
        row = CopyRow.objects.get()
        assert (row.book_id, row.price_minor, row.price_currency) == (book.id, 1250, "EUR")

    def test_say_why_not(self, librarian: Client) -> None:
        wanted = {"book": str(uuid4()), "barcode": "1", "item_type": "book", "branch": "MAIN", "price": ""}
        assert "There is no such Book." in librarian.post(f"{COPIES}add/", wanted).content.decode()
        wanted = {**wanted, "book": str(a_book().id), "branch": "NOWHERE", "price": "1.005"}
        assert "smallest unit" in librarian.post(f"{COPIES}add/", wanted).content.decode()
        wanted = {**wanted, "price": "-1", "branch": "MAIN"}
        assert "not below zero" in librarian.post(f"{COPIES}add/", wanted).content.decode()
        assert not CopyRow.objects.exists()


class TestTheBorrowingsPages:
    def test_list_them_also_for_a_book_that_has_gone(self, librarian: Client) -> None:
        kept, gone = a_book(title="Romola"), uuid4()
        for book in (kept.id, gone):
            dispatch(CountBorrowing(book=book, month=date(2024, 1, 1)))
        page = librarian.get(COUNTS).content.decode()
        assert "Romola" in page
        assert "gone" in page
        assert librarian.get(COUNTS, {"q": "rom"}).status_code == 200
