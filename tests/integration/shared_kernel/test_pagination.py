from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

import pytest
from django.test import Client, RequestFactory

from shared_kernel.services.pagination import Page
from shared_kernel.web.pagination import page_links, requested_page

pytestmark = [pytest.mark.urls("tests.integration.shared_kernel.routes"), pytest.mark.django_db]

SHELVES = "/api/v1/shelves"
CLIENT = Client(raise_request_exception=False)


def cursor_of(address: str) -> str:
    body: dict[str, Any] = CLIENT.get(address).json()
    return str(dict(part.split("=") for part in urlsplit(body["next"]).query.split("&"))["cursor"])


class TestPages:
    def test_follow_each_other_to_the_end(self) -> None:
        address, found, pages = f"{SHELVES}?page_size=3&name=A", [], 0
        while address:
            body = CLIENT.get(address).json()
            found += [row["id"] for row in body["results"]]
            address, pages = body["next"], pages + 1
        assert found == [str(UUID(int=number)) for number in range(1, 8)]
        assert pages == 3

    def test_keep_the_other_parameters(self) -> None:
        following = CLIENT.get(f"{SHELVES}?page_size=3&name=A").json()["next"]
        assert following.startswith("http://testserver/api/v1/shelves?page_size=3&name=A&cursor=")

    @pytest.mark.parametrize("size", ["0", "101", "-1", "1.0", "x", "", "1e1", "٣", "9" * 5000])
    def test_have_1_to_100_rows(self, size: str) -> None:
        response = CLIENT.get(f"{SHELVES}?page_size={quote(size)}")
        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"] == "/page_size"


class TestACursor:
    def test_may_be_used_with_another_page_size(self) -> None:
        cursor = cursor_of(f"{SHELVES}?page_size=3")
        assert len(CLIENT.get(f"{SHELVES}?page_size=2&cursor={cursor}").json()["results"]) == 2

    @pytest.mark.parametrize("garbage", ["", "x", "W10", "x:y", "%00"[:0] + ":", "ä", "9" * 5000])
    def test_is_not_made_up(self, garbage: str) -> None:
        response = CLIENT.get(f"{SHELVES}?cursor={quote(garbage)}")
        assert response.status_code == 400
        assert response.json()["code"] == "cursor_invalid"

    def test_is_not_altered(self) -> None:
        cursor = cursor_of(f"{SHELVES}?page_size=3")
        assert CLIENT.get(f"{SHELVES}?cursor=A{cursor[1:]}").status_code == 400

    def test_belongs_to_its_filter(self) -> None:
        cursor = cursor_of(f"{SHELVES}?page_size=3&name=A")
        assert CLIENT.get(f"{SHELVES}?cursor={cursor}&name=B").status_code == 400
        assert CLIENT.get(f"{SHELVES}?cursor={cursor}&name=A").status_code == 200

    def test_belongs_to_its_list(self) -> None:
        foreign = page_links(RequestFactory().get("/api/v1/other"), Page(results=[], next=(UUID(int=1),)))[0]
        assert foreign is not None
        assert CLIENT.get(f"{SHELVES}?{urlsplit(foreign).query}").status_code == 400

    def test_brings_back_keys_of_every_kind(self) -> None:
        keys = ("title", UUID(int=1), datetime(2024, 1, 15, tzinfo=UTC), date(2024, 1, 15), 7, None)
        request = RequestFactory().get("/list?ordering=title")
        following, preceding = page_links(request, Page(results=[], next=keys, previous=keys))
        assert following
        assert preceding
        assert requested_page(RequestFactory().get(following)).keys == keys
        back = requested_page(RequestFactory().get(preceding))
        assert (back.keys, back.backwards, back.size) == (keys, True, 20)
