from typing import Any
from uuid import uuid4

import pytest
from django.test import Client, RequestFactory

from shared_kernel.domain.aggregates import Aggregate
from shared_kernel.domain.errors import PreconditionFailed
from shared_kernel.web.conditional_requests import NO_VERSION, IfMatchInvalid, version_to_match
from shared_kernel.web.problem_details import http_error_of
from tests.factories import a_book, a_copy
from tests.integration.conftest import Browser

CLIENT = Client(raise_request_exception=False)


def of_if_match(value: str | None) -> int | None:
    headers = {} if value is None else {"If-Match": value}
    return version_to_match(RequestFactory().get("/", headers=headers))


class TestIfMatch:
    @pytest.mark.parametrize(
        ("header", "version"),
        [
            (None, None),
            ("*", None),
            ('"3"', 3),
            (' "17" ', 17),
            ('"3.0123456789abcdef"', 3),
            ('W/"3.0123456789abcdef"', 3),
            ('"of another server"'.replace(" ", "-"), NO_VERSION),
            ('""', NO_VERSION),
            ('"0"', NO_VERSION),
            ('"03"', NO_VERSION),
            (f'"{"9" * 400}"', NO_VERSION),
        ],
    )
    def test_says_which_version_the_client_has_seen(self, header: str | None, version: int | None) -> None:
        assert of_if_match(header) == version

    @pytest.mark.parametrize("header", ["", "3", '"3', "'3'", '"1", "2"', '"a b"', "W/3", '"3" x', "**"])
    def test_that_is_no_entity_tag_is_a_bad_request(self, header: str) -> None:
        with pytest.raises(IfMatchInvalid) as refused:
            of_if_match(header)
        fault = http_error_of(refused.value)
        assert fault is not None
        assert fault.status == 400

    def test_of_a_version_that_is_no_more_fails_the_precondition(self) -> None:
        thing = Aggregate(id=uuid4(), version=3)
        thing.require_version(3)
        thing.require_version(None)
        for seen in (2, 4, NO_VERSION):
            with pytest.raises(PreconditionFailed) as refused:
                thing.require_version(seen)
            fault = http_error_of(refused.value)
            assert fault is not None
            assert (fault.status, fault.errors[0].code) == (412, "precondition_failed")


@pytest.mark.django_db
class TestIfNoneMatch:
    def get(self, tag: str | None = None, *, book: Any, **headers: str) -> Any:
        if tag is not None:
            headers["If-None-Match"] = tag
        return CLIENT.get(f"/api/v1/books/{book.id}", headers=headers)

    def test_of_the_answer_one_has_is_answered_304_without_a_body(self) -> None:
        book = a_book()
        first = self.get(book=book)
        tag = first["ETag"]
        assert tag.startswith(f'"{book.version}.')
        for given in (tag, f"W/{tag}", f'"else", {tag}', "*"):
            again = self.get(given, book=book)
            assert again.status_code == 304
            assert again.content == b""
            assert again["ETag"] == tag
            assert "Content-Type" not in again

    def test_of_another_answer_is_answered_in_full(self) -> None:
        book = a_book()
        for given in ('"else"', "garbage", '"', "", f'"{book.version}"'):
            assert self.get(given, book=book).status_code == 200

    def test_sees_what_changed_beside_the_version(self) -> None:
        book = a_book()
        tag = self.get(book=book)["ETag"]
        a_copy(book=book.id)
        again = self.get(tag, book=book)
        assert again.status_code == 200
        assert again.json()["availability"]["copies"] == 1
        assert again["ETag"] != tag

    def test_is_about_the_answer_for_machines_alone(self, browser: Browser) -> None:
        page = self.get("*", book=a_book(), Accept="text/html")
        assert page.status_code == 200
        assert "ETag" not in page

    def test_changes_nothing_about_lists(self) -> None:
        a_book()
        assert "ETag" not in CLIENT.get("/api/v1/books", headers={"If-None-Match": "*"})
