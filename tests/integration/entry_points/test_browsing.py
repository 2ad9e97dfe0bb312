"""The API opened in a browser: pages for staff who try it out."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import a_copy, a_loan
from tests.integration.entry_points.access_table import API
from tests.integration.entry_points.conftest import Visit
from tests.integration.entry_points.hostile import BODIES, QUERIES, secrets_in
from tests.integration.entry_points.routes import NOBODY, Route, routes

pytestmark = pytest.mark.django_db
DOWNLOADS = {"exports/books", "imports/{}/rejected", "patrons/{}/account.csv"}
LOOKS = [
    route
    for route in routes("api/v1/")
    if "GET" in API.get(route.pattern, {}) and route.pattern not in DOWNLOADS
]
HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def page(client: Client, address: str) -> Any:
    response = client.get(address, headers=HTML)
    assert response["Content-Type"].startswith("text/html"), address
    return response


class TestOpeningARoute:
    @pytest.mark.parametrize("route", LOOKS, ids=lambda route: route.pattern)
    def test_shows_a_page_to_every_visitor(self, route: Route, visit: Visit) -> None:
        for visitor in ("librarian", "patron", "anonymous"):
            response = page(visit(visitor), route.example)
            assert response.status_code in {200, 401, 403, 404, 422}
            assert visitor == "anonymous" or visitor in response.content.decode()
            assert "no-store" in response["Cache-Control"] or visitor == "anonymous"

    def test_shows_what_there_is(self, visit: Visit) -> None:
        loan = a_loan(copy_barcode=a_copy().barcode)
        for address in (f"loans/{loan.id}", f"books/{loan.book}", f"patrons/{loan.patron}", "loans", "books"):
            response = page(visit("librarian"), f"/api/v1/{address}")
            assert response.status_code == 200
            assert str(loan.book if address == "books" else loan.patron if "patr" in address else loan.id)[
                :8
            ] in response.content.decode() or address.startswith("books")

    def test_leads_a_stranger_to_the_login_and_back(self, visit: Visit) -> None:
        response = page(visit("anonymous"), "/api/v1/patrons?q=ada")
        assert response.status_code == 401
        assert "/login?next=/api/v1/patrons%3Fq%3Dada" in response.content.decode()


class TestTheForm:
    def test_begins_with_the_fields_that_are_needed(self, visit: Visit) -> None:
        shown = page(visit("librarian"), "/api/v1/books").content.decode()
        assert "&quot;title&quot;: &quot;&quot;" in shown
        assert "&quot;authors&quot;: []" in shown

    def test_is_not_offered_to_those_who_may_not_send_it(self, visit: Visit) -> None:
        assert "textarea" not in page(visit("operator"), "/api/v1/books").content.decode()

    def test_is_shown_again_with_what_was_wrong(self, visit: Visit) -> None:
        response = visit("librarian").post("/api/v1/books", "{}", "application/json", headers=HTML)
        assert response.status_code == 422
        shown = response.content.decode()
        assert "required" in shown
        assert "textarea" in shown

    def test_survives_whatever_is_sent(self, visit: Visit) -> None:
        for content_type, body, _ in BODIES.values():
            response = visit("librarian").generic("POST", "/api/v1/books", body, content_type, headers=HTML)
            assert 400 <= response.status_code < 500
            assert not secrets_in(response.content.decode().replace(".pyg", ""))

    def test_survives_whatever_is_asked(self, visit: Visit) -> None:
        for query in QUERIES:
            response = visit("librarian").get(f"/api/v1/loans?{query}", headers=HTML)
            assert response.status_code < 500


class TestAMachine:
    def test_is_answered_with_a_problem_whatever_its_client_sends_along(self, visit: Visit) -> None:
        for accepted in (
            "*/*",
            "application/json",
            "application/problem+json, */*",
            "application/json, text/html",
        ):
            response = visit("anonymous").get(f"/api/v1/patrons/{NOBODY}", headers={"Accept": accepted})
            assert response["Content-Type"] == "application/problem+json"
