import csv
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import BookRow, CopyRow, ImportRemarkRow, ImportRow
from catalog.services.commands.change_copy_condition import ChangeCopyCondition
from catalog.services.commands.count_borrowing import CountBorrowing
from catalog.tasks import import_files
from outbox.models import OutboxMessage
from shared_kernel.domain.money import Money
from shared_kernel.models import AuditEntry
from shared_kernel.services.commands import dispatch
from tests.factories import a_book, a_copy, a_loan
from tests.factories_patrons import a_patron

pytestmark = pytest.mark.django_db

BOOKS = "/admin/catalog/bookrow/"
COPIES = "/admin/catalog/copyrow/"
IMPORTS = "/admin/catalog/importrow/"
COUNTS = "/admin/catalog/borrowingcountrow/"
IN_A_BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
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

    def test_hand_out_what_they_show_as_records(self, librarian: Client) -> None:
        a_book(title="L'Étranger", language="fr")
        a_book(title="Romola", language="en")
        for asked, count in (({"q": "etrang"}, 1), ({"language": "en"}, 1), ({"q": "nobody"}, 0), ({}, 2)):
            page = librarian.get(BOOKS, asked).content.decode()
            [address] = re.findall(r'href="(/api/v1/exports/books[^"]*format=marc21)"', page)
            answer: Any = librarian.get(unescape(address))
            assert answer.status_code == 200
            assert answer.getvalue().count(b"\x1d") == count

    def test_show_one_without_a_way_to_edit_it(self, librarian: Client) -> None:
        book = a_book(title="Romola")
        page = librarian.get(f"{BOOKS}{book.id}/change/")
        assert page.status_code == 200
        assert 'name="title"' not in page.content.decode()
        assert librarian.post(f"{BOOKS}{book.id}/change/", {"title": "x"}).status_code == 403
        assert librarian.post(f"{BOOKS}{book.id}/delete/", {"post": "yes"}).status_code == 403
        assert BookRow.objects.get().title == "Romola"

    def test_show_it_in_the_words_of_people(self, librarian: Client) -> None:
        book = a_book(authors=("Eliot, George", "Evans, Mary Ann"), subjects=("Florence", "Italy"))
        page = unescape(librarian.get(f"{BOOKS}{book.id}/change/").content.decode())
        assert "Eliot, George; Evans, Mary Ann" in page
        assert "Florence; Italy" in page
        copy = a_copy(book=book.id, price=Money(Decimal("12.50"), "EUR"))
        assert "12.50 EUR" in librarian.get(f"{COPIES}{copy.id}/change/").content.decode()

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
        assert "Another book has this ISBN." in answer.content.decode()
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
        assert "is not an amount of" in librarian.post(f"{COPIES}add/", wanted).content.decode()
        wanted = {**wanted, "price": "-1", "branch": "MAIN"}
        assert "can&#x27;t be negative" in librarian.post(f"{COPIES}add/", wanted).content.decode()
        assert not CopyRow.objects.exists()


class TestRevisingABook:
    def revise(self, client: Client, book: object, **said: str) -> Any:
        whole = {"title": "Romola", "authors": "Eliot, George", "version": "1", **said}
        return client.post(f"{BOOKS}{book}/revise/", whole)

    def test_shows_it_as_it_stands(self, librarian: Client) -> None:
        book = a_book(title="Rommola", isbn="9780140434705", year=1863)
        page = librarian.get(f"{BOOKS}{book.id}/revise/").content.decode()
        assert all(text in page for text in ("Rommola", "Eliot, George", "9780140434705", "1863"))
        assert f"{BOOKS}{book.id}/revise/" in librarian.get(f"{BOOKS}{book.id}/change/").content.decode()

    def test_goes_through_the_command(self, librarian: Client) -> None:
        book = a_book(title="Rommola", isbn="9780140434705")
        answer = self.revise(librarian, book.id, isbn="9780140434705", subjects="Florence\nItaly")
        assert (answer.status_code, said(answer)) == (302, ["The book was revised."])
        row = BookRow.objects.get()
        assert (row.title, row.subjects, row.isbns) == ("Romola", ["Florence", "Italy"], ["9780140434705"])
        assert AuditEntry.objects.filter(action="ReviseBook").count() == 1

    def test_says_why_not(self, librarian: Client) -> None:
        a_book(isbn="9780140434705")
        book = a_book()
        refused = self.revise(librarian, book.id, isbn="9780140434705")
        assert (refused.status_code, said(refused)) == (200, [])
        assert "Another book has this ISBN." in refused.content.decode()
        stale = self.revise(librarian, book.id, version="7")
        assert "was changed since you loaded it" in stale.content.decode()

    def test_is_not_for_those_who_only_look(self, login_as: Callable[[str], Client]) -> None:
        assert self.revise(login_as("operator"), a_book().id).status_code == 403

    def test_of_none_that_is_there_is_not_found(self, librarian: Client) -> None:
        assert librarian.get(f"{BOOKS}{uuid4()}/revise/").status_code == 404


class TestRemovingBooks:
    def test_removes_those_that_can_go_and_says_why_others_stay(self, librarian: Client) -> None:
        gone, kept = a_book(title="Gone"), a_book(title="Kept", copies=1)
        chosen = {"action": "remove", "_selected_action": [str(gone.id), str(kept.id)]}
        answer = librarian.post(BOOKS, chosen)
        told = said(answer)
        assert any("Kept" in text and "1 copies" in text for text in told)
        assert "1 done." in told
        assert list(BookRow.objects.values_list("title", flat=True)) == ["Kept"]


class TestChangingConditions:
    def test_asks_for_the_reason_and_then_changes_each(self, librarian: Client) -> None:
        book = a_book().id
        copies = [a_copy(book=book) for _ in range(2)]
        chosen = {"action": "change_condition", "_selected_action": [str(copy.id) for copy in copies]}
        asked = librarian.post(COPIES, chosen)
        assert 'name="reason"' in asked.content.decode()
        assert copies[0].barcode in asked.content.decode()
        answer = librarian.post(COPIES, {**chosen, "condition": "damaged", "reason": "wet"})
        assert said(answer) == ["2 done."]
        assert set(CopyRow.objects.values_list("condition", "condition_reason")) == {("damaged", "wet")}

    def test_tells_which_could_not(self, librarian: Client) -> None:
        lent = a_loan().copy_barcode
        row = CopyRow.objects.get(barcode=lent)
        chosen = {"action": "change_condition", "_selected_action": [str(row.id)]}
        told = said(librarian.post(COPIES, {**chosen, "condition": "withdrawn", "reason": "old"}))
        assert len(told) == 1
        assert "on loan" in told[0]

    def test_of_a_single_copy_has_a_page(self, librarian: Client) -> None:
        copy = a_copy()
        page = f"{COPIES}{copy.id}/condition/"
        assert page in librarian.get(f"{COPIES}{copy.id}/change/").content.decode()
        refused = librarian.post(page, {"condition": "missing", "reason": ""})
        assert "Give a reason" in refused.content.decode()
        assert librarian.post(page, {"condition": "missing", "reason": "lost"}).status_code == 302
        assert CopyRow.objects.get().condition == "missing"
        assert librarian.get(f"{COPIES}{uuid4()}/condition/").status_code == 404

    def test_is_not_for_those_who_only_look(self, login_as: Callable[[str], Client]) -> None:
        operator, copy = login_as("operator"), a_copy()
        assert operator.get(f"{COPIES}{copy.id}/condition/").status_code == 403
        chosen = {"action": "change_condition", "_selected_action": [str(copy.id)]}
        operator.post(COPIES, {**chosen, "condition": "damaged", "reason": "wet"})
        assert CopyRow.objects.get().condition == "in_service"


class TestChoosingABook:
    def test_is_helped_by_the_catalogues_search(self, librarian: Client) -> None:
        book = a_book(title="L'Étranger")
        a_book(title="Romola")
        asked = {"app_label": "catalog", "model_name": "copyrow", "field_name": "book", "term": "etrang"}
        found = librarian.get("/admin/autocomplete/", asked).json()["results"]
        assert [each["id"] for each in found] == [str(book.id)]

    def test_is_done_already_on_the_way_from_the_book(self, librarian: Client) -> None:
        book = a_book(title="Romola")
        link = f"{COPIES}add/?book={book.id}"
        assert link in librarian.get(f"{BOOKS}{book.id}/change/").content.decode()
        assert "Romola" in librarian.get(link).content.decode()
        assert librarian.get(f"{COPIES}add/?book=nonsense").status_code < 500


class TestChoosingARowWhileTyping:
    def choices(self, client: Client, rows: str, **asked: str | int) -> Any:
        return client.get(f"/admin/{rows}/choices/", asked).json()

    def test_finds_copies_by_barcode_or_by_words(self, librarian: Client) -> None:
        book = a_book(title="L'Étranger")
        copy, other = a_copy(book=book.id, barcode="0042"), a_copy(barcode="0043")
        by_words = self.choices(librarian, "catalog/copyrow", term="etrang")
        assert by_words["results"] == [{"id": "0042", "text": "0042: L'Étranger"}]
        assert self.choices(librarian, "catalog/copyrow", term="0042") == by_words
        dispatch(ChangeCopyCondition(barcode=copy.barcode, condition="damaged", reason="wet"))
        assert "(damaged)" in self.choices(librarian, "catalog/copyrow", term="0042")["results"][0]["text"]
        everything = self.choices(librarian, "catalog/copyrow")
        assert [each["id"] for each in everything["results"]] == ["0042", other.barcode]

    def test_finds_patrons_by_name(self, librarian: Client) -> None:
        patron = a_patron(name="José Saramago")
        a_patron(name="Clarice Lispector")
        found = self.choices(librarian, "patrons/patronrow", term="jose")["results"]
        assert found == [{"id": patron.card_number, "text": f"José Saramago ({patron.card_number})"}]

    def test_goes_page_by_page(self, librarian: Client) -> None:
        book = a_book().id
        for _ in range(21):
            a_copy(book=book)
        first, second = (self.choices(librarian, "catalog/copyrow", page=number) for number in (1, 2))
        assert (len(first["results"]), first["pagination"]) == (20, {"more": True})
        assert (len(second["results"]), second["pagination"]) == (1, {"more": False})

    @pytest.mark.parametrize("asked", [{"page": "0"}, {"page": "-1"}, {"page": "9" * 30}])
    def test_bears_nonsense(self, librarian: Client, asked: dict[str, str]) -> None:
        assert "results" in self.choices(librarian, "catalog/copyrow", **asked)


class TestTheImportsPages:
    def upload(self, client: Client, content: bytes, **fields: str) -> Any:
        return client.post(f"{IMPORTS}add/", {"file": SimpleUploadedFile("books.csv", content), **fields})

    def test_take_a_file_in_and_show_how_far_it_is(self, librarian: Client) -> None:
        answer = self.upload(librarian, b"title\nRomola\n")
        assert (answer.status_code, said(answer)) == (302, ["The import was added."])
        row = ImportRow.objects.get()
        for page in (IMPORTS, f"{IMPORTS}{row.id}/change/"):
            shown = librarian.get(page).content.decode()
            assert 'http-equiv="refresh"' in shown
            assert "<progress" in shown
        import_files()
        for page in (IMPORTS, f"{IMPORTS}{row.id}/change/"):
            assert 'http-equiv="refresh"' not in librarian.get(page).content.decode()
        assert BookRow.objects.get().title == "Romola"

    @pytest.mark.parametrize(
        ("content", "encoding", "words"),
        [(b"", "", "empty"), (b"x\n", "", "column"), (b"title\nx\n", "klingon", "Unknown encoding")],
    )
    def test_say_why_not(self, librarian: Client, content: bytes, encoding: str, words: str) -> None:
        answer = self.upload(librarian, content, encoding=encoding)
        assert words in answer.content.decode()
        assert not ImportRow.objects.exists()

    def test_hand_out_what_was_rejected_without_anything_that_a_spreadsheet_runs(
        self, librarian: Client
    ) -> None:
        self.upload(librarian, b"title,isbn\n,1\nRomola,=1+1\n")
        import_files()
        row = ImportRow.objects.get()
        ImportRemarkRow.objects.create(owner=row, number=9, rejected=True, reason="=HYPERLINK(1)")
        answer: Any = librarian.get(f"{IMPORTS}{row.id}/rejected.csv")
        assert answer["Content-Type"].startswith("text/csv")
        assert "attachment" in answer["Content-Disposition"]
        lines = list(csv.reader(StringIO(answer.getvalue().decode("utf-8-sig"))))
        assert [line[0] for line in lines] == ["record", "1", "2", "9"]
        assert lines[2][1] == "imported, something left out"
        assert lines[3][2] == "'=HYPERLINK(1)"
        page = librarian.get(f"{IMPORTS}{row.id}/change/").content.decode()
        assert "Record 1: The row has no title." in page
        assert "rejected.csv" in page
        assert f'href="/api/v1/imports/{row.id}/rejected"' in page
        handed_back: Any = librarian.get(f"/api/v1/imports/{row.id}/rejected", headers=IN_A_BROWSER)
        assert handed_back.getvalue().decode("utf-8-sig") == "title,isbn\r\n,1\r\n"

    def test_offer_no_rejected_records_where_there_are_none(self, librarian: Client) -> None:
        self.upload(librarian, b"title,isbn\nRomola,=1+1\n")
        import_files()
        row = ImportRow.objects.get()
        page = librarian.get(f"{IMPORTS}{row.id}/change/").content.decode()
        assert "rejected.csv" in page
        assert f'{row.id}/rejected"' not in page

    def test_revert_it_once_somebody_is_sure(self, librarian: Client) -> None:
        self.upload(librarian, b"title\nRomola\nEmma\n")
        import_files()
        row = ImportRow.objects.get()
        a_loan(copy_barcode=CopyRow.objects.get(book__title="Emma").barcode)
        assert "/revert/" in librarian.get(f"{IMPORTS}{row.id}/change/").content.decode()
        assert librarian.post(f"{IMPORTS}{row.id}/revert/", {}).status_code == 200
        assert BookRow.objects.count() == 2
        answer = librarian.post(f"{IMPORTS}{row.id}/revert/", {"sure": "on"})
        assert said(answer) == ["1 books removed, 1 kept so far."]
        assert "it is or was lent" in librarian.get(f"{IMPORTS}{row.id}/change/").content.decode()

    def test_show_how_far_it_is_taken_back(self, librarian: Client) -> None:
        self.upload(librarian, b"title\n" + b"".join(b"Volume %d\n" % number for number in range(150)))
        import_files()
        row = ImportRow.objects.get()
        librarian.post(f"{IMPORTS}{row.id}/revert/", {"sure": "on"})
        assert "100 of 150 books" in librarian.get(f"{IMPORTS}{row.id}/change/").content.decode()

    def test_say_why_it_cannot_be_reverted(self, librarian: Client) -> None:
        self.upload(librarian, b"title\nRomola\n")
        row = ImportRow.objects.get()
        answer = librarian.post(f"{IMPORTS}{row.id}/revert/", {"sure": "on"})
        assert "still running" in answer.content.decode()

    def test_are_looked_at_by_operators_and_used_by_librarians(
        self, login_as: Callable[[str], Client], librarian: Client
    ) -> None:
        self.upload(librarian, b"title\nRomola\n")
        row, operator = ImportRow.objects.get(), login_as("operator")
        assert operator.get(IMPORTS).status_code == 200
        assert operator.get(f"{IMPORTS}{row.id}/rejected.csv").status_code == 200
        assert operator.post(f"{IMPORTS}{row.id}/revert/", {"sure": "on"}).status_code == 403
        assert self.upload(operator, b"title\nx\n").status_code == 403
        for page in ("revert/", "rejected.csv"):
            assert librarian.get(f"{IMPORTS}{uuid4()}/{page}").status_code == 404


class TestTheBorrowingsPages:
    def test_list_them_also_for_a_book_that_has_gone(self, librarian: Client) -> None:
        kept, gone = a_book(title="Romola"), uuid4()
        for book in (kept.id, gone):
            dispatch(CountBorrowing(book=book, month=date(2024, 1, 1)))
        page = librarian.get(COUNTS).content.decode()
        assert "Romola" in page
        assert "gone" in page
        assert librarian.get(COUNTS, {"q": "rom"}).status_code == 200
