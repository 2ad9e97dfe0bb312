"""Bodies that Django would pass over, under whichever server: refused, and never carried out without them."""

from typing import Any

import pytest
from django.test import Client

from tests.integration.conftest import Token

pytestmark = pytest.mark.django_db


class TestABodyOfUnknownLength:
    @pytest.mark.parametrize("path", ["/login", "/nosuch"])
    def test_is_refused(self, path: str) -> None:
        answer = Client().generic("POST", path, CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked")
        assert (answer.status_code, answer.json()["code"]) == (411, "length_required")

    def test_is_refused_by_the_api_to_who_may_be_there(self, token: Token) -> None:
        sent: dict[str, Any] = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
        known = Client(headers=token("catalog:write"))
        assert known.generic("POST", "/api/v1/books", **sent).status_code == 411
        assert Client().generic("POST", "/api/v1/books", **sent).status_code == 401


class TestAnEncodedBody:
    def test_is_refused_as_a_page_to_who_reads_pages(self) -> None:
        answer = Client().generic(
            "POST", "/login", b"x", HTTP_CONTENT_ENCODING="gzip", HTTP_ACCEPT="text/html"
        )
        assert (answer.status_code, answer["Accept-Encoding"]) == (415, "identity")
        assert "Content-Encoding" in answer.content.decode()
