from uuid import uuid4

import pytest
from django.test import Client

from tests.factories import a_book, a_copy, a_loan

pytestmark = pytest.mark.django_db


def shown(client: Client, path: str, **query: str) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


class TestTheCatalogue:
    def test_is_open_to_everybody(self, client: Client) -> None:
        a_book(title="Adam & Bede", year=1859)
        page = shown(client, "/")
        assert "Adam &amp; Bede" in page
        assert "1859" in page
        assert 'name="q"' in page

    def test_finds_books(self, client: Client) -> None:
        a_book(title="Adam Bede")
        a_book(title="Romola")
        page = shown(client, "/", q=" rom ")
        assert "Romola" in page
        assert "Adam Bede" not in page
        assert 'value="rom"' in page

    def test_says_so_where_there_is_none(self, client: Client) -> None:
        assert "no book" in shown(client, "/")
        assert "No book has all of these words" in shown(client, "/", q="<script>alert(1)</script>")

    def test_never_runs_what_somebody_searches_for(self, client: Client) -> None:
        assert "<script>alert" not in shown(client, "/", q="<script>alert(1)</script>")

    def test_tells_what_can_be_had_now(self, client: Client) -> None:
        a_copy(book=a_book(title="Adam Bede").id)
        a_loan(copy_barcode=a_copy(book=a_book(title="Romola").id).barcode)
        page = shown(client, "/")
        assert "1 available" in page
        assert "All lent or held" in page
        only = shown(client, "/", available="true")
        assert "Adam Bede" in only
        assert "Romola" not in only

    def test_is_leafed_through_by_links(self, client: Client) -> None:
        for number in range(25):
            a_book(title=f"Volume {number:02}")
        first = client.get("/", {"q": "volume"})
        assert "Volume 19" in first.content.decode()
        assert first.context["previous"] is None
        second = client.get(first.context["next"])
        assert "Volume 20" in second.content.decode()
        assert second.context["next"] is None
        assert "Volume 00" in client.get(second.context["previous"]).content.decode()

    @pytest.mark.parametrize("q", ["%ff", "%00", "x" * 5000, "%ed%a0%80"])
    def test_survives_whatever_is_searched_for(self, client: Client, q: str) -> None:
        assert client.get(f"/?q={q}").status_code < 500

    def test_refuses_a_cursor_of_its_own_making(self, client: Client) -> None:
        assert 400 <= client.get("/", {"cursor": "x"}).status_code < 500

    def test_is_only_looked_at(self, client: Client) -> None:
        assert client.post("/").status_code == 405


class TestTheBooksPage:
    def test_shows_the_book_and_its_copies(self, client: Client) -> None:
        book = a_book(
            title="Romola", authors=("Eliot, George",), isbn="9780140434705", subjects=("Florence",)
        )
        lent = a_copy(book=book.id, barcode="0001")
        a_copy(book=book.id, barcode="0002", item_type="large-print")
        a_loan(copy_barcode=lent.barcode)
        page = shown(client, f"/books/{book.id}")
        for text in (
            "Romola",
            "Eliot, George",
            "9780140434705",
            "Florence",
            "0001",
            "Lent",
            "large-print",
            "On the shelf",
        ):
            assert text in page

    def test_says_so_where_there_is_no_copy(self, client: Client) -> None:
        assert "no copy of it" in shown(client, f"/books/{a_book().id}")

    def test_of_a_book_that_is_not_there_is_not_found(self, client: Client) -> None:
        assert client.get(f"/books/{uuid4()}").status_code == 404
        assert client.get("/books/middlemarch").status_code == 404
