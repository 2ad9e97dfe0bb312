"""Books added since a day: `added_since` over the API, and the catalogue's link to the last 30 days."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from catalog.models import BookRow
from tests.factories import a_book

pytestmark = pytest.mark.django_db

NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)


def a_book_added(at: datetime, title: str, **values: Any) -> None:
    BookRow.objects.filter(id=a_book(title=title, **values).id).update(added_at=at)


def titles(client: APIClient, **query: str) -> list[str]:
    answer = client.get("/api/v1/books", query)
    assert answer.status_code == 200, answer.content
    return [each["title"] for each in answer.json()["results"]]


@pytest.fixture
def _books() -> None:
    a_book_added(NOVEMBER - timedelta(microseconds=1), "Middlemarch October", language="en")
    a_book_added(NOVEMBER, "Romola", language="en")
    a_book_added(NOVEMBER + timedelta(days=1), "Middlemarch Again", language="de", year=1871)
    a_book_added(NOVEMBER + timedelta(days=2), "Adam Bede", language="en", year=1859, isbn="9780140439021")


@pytest.mark.usefixtures("_books")
class TestBooksAddedSinceADay:
    def test_are_listed_latest_first(self, anybody: APIClient) -> None:
        assert titles(anybody, added_since="2026-11-01") == ["Adam Bede", "Middlemarch Again", "Romola"]
        assert titles(anybody, added_since="2026-11-03") == ["Adam Bede"]
        assert titles(anybody, added_since="9999-12-31") == []
        assert len(titles(anybody, added_since="0001-01-01")) == 4

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({"ordering": "title"}, ["Adam Bede", "Middlemarch Again", "Romola"]),
            ({"ordering": "-year"}, ["Middlemarch Again", "Adam Bede", "Romola"]),
            ({"ordering": "added"}, ["Romola", "Middlemarch Again", "Adam Bede"]),
            ({"language": "en"}, ["Adam Bede", "Romola"]),
            ({"q": "middlemarch"}, ["Middlemarch Again"]),
            ({"q": "middlemarch", "ordering": "title"}, ["Middlemarch Again"]),
            ({"q": "middlemarsh"}, ["Middlemarch Again"]),
            ({"isbn": "9780140439021"}, ["Adam Bede"]),
            ({"available": "false"}, ["Adam Bede", "Middlemarch Again", "Romola"]),
            ({"available": "true"}, []),
        ],
    )
    def test_are_listed_with_any_other_filter_and_order(
        self, anybody: APIClient, query: dict[str, str], expected: list[str]
    ) -> None:
        assert titles(anybody, added_since="2026-11-01", **query) == expected

    @pytest.mark.parametrize("extra", [{}, {"language": "en"}, {"ordering": "title"}])
    def test_come_in_pages_both_ways(self, anybody: APIClient, extra: dict[str, str]) -> None:
        expected = titles(anybody, added_since="2026-11-01", **extra)
        page = anybody.get("/api/v1/books", {"added_since": "2026-11-01", "page_size": "1", **extra}).json()
        forwards = [page["results"][0]["title"]]
        while page["next"] and len(forwards) < len(expected):
            page = anybody.get(page["next"]).json()
            forwards += [each["title"] for each in page["results"]]
        assert forwards == expected
        before = anybody.get(page["previous"]).json()
        assert [each["title"] for each in before["results"]] == expected[-2:-1]

    @pytest.mark.parametrize("wrong", ["yesterday", "2026-02-31", "2026-11-01T00:00:00Z"])
    def test_are_refused_for_what_is_no_date(self, anybody: APIClient, wrong: str) -> None:
        answer = anybody.get("/api/v1/books", {"added_since": wrong})
        assert answer.status_code == 422
        assert answer.headers["Content-Type"].startswith("application/problem+json")

    def test_cost_the_same_few_queries_however_many_there_are(
        self, anybody: APIClient, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(20):
            a_book(title=f"Volume {number}")
        with django_assert_max_num_queries(4):
            titles(anybody, added_since="2026-11-01")

    def test_are_in_the_published_schema(self, anybody: APIClient) -> None:
        schema = anybody.get("/api/schema/", headers={"Accept": "application/json"}).json()
        parameters = schema["paths"]["/api/v1/books"]["get"]["parameters"]
        added_since = next(each for each in parameters if each["name"] == "added_since")
        assert added_since["schema"] == {"type": "string", "format": "date"}


class TestTheCatalogue:
    def test_links_to_the_books_of_the_last_thirty_days(self, client: Client) -> None:
        a_book(title="Adam Bede")
        a_book_added(timezone.now() - timedelta(days=32), "Romola")
        link = re.search(r'href="/\?(added_since=[0-9-]+)">New in the last 30 days', self.page(client, "/"))
        assert link is not None
        page = self.page(client, f"/?{link[1]}")
        assert "Books added since" in page
        assert "Adam Bede" in page
        assert "Romola" not in page

    def test_keeps_the_day_for_a_search_among_them(self, client: Client) -> None:
        assert 'name="added_since" value="2026-11-01"' in self.page(client, "/?added_since=2026-11-01")

    @pytest.mark.parametrize("wrong", ["yesterday", "2026-02-31", "0"])
    def test_ignores_what_is_no_date(self, client: Client, wrong: str) -> None:
        a_book(title="Adam Bede")
        BookRow.objects.update(added_at=F("added_at") - timedelta(days=365))
        assert "Adam Bede" in self.page(client, f"/?added_since={wrong}")

    def page(self, client: Client, path: str) -> str:
        answer = client.get(path)
        assert answer.status_code == 200
        return answer.content.decode()
