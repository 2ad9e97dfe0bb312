from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.integration.doors.conftest import Visit
from tests.integration.doors.policies import (
    ADMINISTRATION,
    ANONYMOUS,
    API,
    EVERYBODY,
    FRONT,
    PAGES,
    ROLES,
    Visitors,
)
from tests.integration.doors.routes import METHODS, NOBODY, Route, routes

pytestmark = pytest.mark.django_db
Rows = Callable[[], dict[str, int]]
OBJECT_PAGES = ("", "add/", "{}/history/", "{}/delete/", "{}/change/", "{}/")

API_ROUTES = routes("api/v1/")
ADMIN_ROUTES = routes("admin/")
PAGE_ROUTES = [
    route for route in routes() if not route.pattern.startswith("admin/") and "api/v1/" not in route.pattern
]


def ask(client: Client, method: str, address: str) -> Any:
    """Ask in the simplest way that could work; a body says nothing, so that nothing comes of it."""
    body = {} if method == "GET" else {"data": "{}", "content_type": "application/json"}
    return client.generic(method, address, **body)


def is_let_in(response: Any) -> bool:
    """Whether the door opened, whatever was found behind it."""
    assert response.status_code < 500, (response.request["PATH_INFO"], response.content[:500])
    to_log_in = response.status_code == 302 and response["Location"].startswith(("/login", "/admin/login"))
    return response.status_code not in {401, 403} and not to_log_in


def let_in(visit: Visit, method: str, address: str, visitors: Visitors = EVERYBODY) -> Visitors:
    return frozenset(visitor for visitor in visitors if is_let_in(ask(visit(visitor), method, address)))


class TestEveryRoute:
    def test_of_the_api_has_its_policies(self) -> None:
        assert {route.pattern for route in API_ROUTES} == API.keys()

    def test_of_a_page_has_its_policies(self) -> None:
        assert {route.pattern for route in PAGE_ROUTES} == PAGES.keys()

    def test_of_the_administration_has_its_policies(self) -> None:
        of_rows = {f"{rows}/{end}" for rows in ADMINISTRATION for end in OBJECT_PAGES} | {
            "auth/user/{}/password/",
            "login/",
            "(?P<url>.*)",
            "(?P<app_label>auth|shared_kernel|outbox|catalog|patrons|lending)/",
        }
        assert {route.pattern for route in ADMIN_ROUTES} == FRONT.keys() | of_rows

    @pytest.mark.parametrize("route", API_ROUTES, ids=lambda route: route.pattern)
    def test_of_the_api_opens_to_its_visitors_alone(self, route: Route, visit: Visit, rows: Rows) -> None:
        for visitor in EVERYBODY | {"superuser"}:
            visit(visitor)
        before = rows()
        for method, visitors in API[route.pattern].items():
            assert let_in(visit, method, route.example) == visitors, method
            assert is_let_in(ask(visit("superuser"), method, route.example))
        assert rows() == before

    @pytest.mark.parametrize("route", API_ROUTES, ids=lambda route: route.pattern)
    def test_of_the_api_knows_no_other_method(self, route: Route, visit: Visit) -> None:
        for method in {*METHODS, "TRACE", "PURGE"} - API[route.pattern].keys():
            for visitor in (ANONYMOUS, "superuser", "operations"):
                response = ask(visit(visitor), method, route.example)
                assert response.status_code == 405, (method, visitor)
                assert response.json()["code"] == "method_not_allowed"
                assert set(response["Allow"].split(", ")) >= API[route.pattern].keys()

    @pytest.mark.parametrize("route", PAGE_ROUTES, ids=lambda route: f"/{route.pattern}")
    def test_of_a_page_opens_to_its_visitors_alone(self, route: Route, visit: Visit) -> None:
        people = ROLES | {ANONYMOUS}
        for method in METHODS:
            visitors = PAGES[route.pattern].get(method)
            if visitors is None:
                status = ask(visit("superuser"), method, route.example).status_code
                assert status == 405, method
            else:
                assert let_in(visit, method, route.example, people) == visitors & people, method


class TestTheAdministration:
    @pytest.mark.parametrize("front", FRONT)
    def test_has_a_front_for_the_staff(self, front: str, visit: Visit) -> None:
        address = "/admin/" + front.format("nothing", "nothing")
        assert let_in(visit, "GET", address, ROLES | {ANONYMOUS}) == FRONT[front]

    @pytest.mark.parametrize("rows", ADMINISTRATION)
    def test_shows_rows_to_its_visitors_alone(self, rows: str, visit: Visit) -> None:
        people = ROLES | {ANONYMOUS}
        looking, adding = ADMINISTRATION[rows]
        for page in ("", f"{NOBODY}/change/", f"{NOBODY}/history/"):
            assert let_in(visit, "GET", f"/admin/{rows}/{page}", people) == looking, page
        for method in ("GET", "POST"):
            assert let_in(visit, method, f"/admin/{rows}/add/", people) == adding
            assert let_in(visit, method, f"/admin/{rows}/{NOBODY}/delete/", people) == frozenset()

    @pytest.mark.parametrize("app", sorted({rows.split("/")[0] for rows in ADMINISTRATION}))
    def test_shows_an_app_to_those_who_may_see_something_of_it(self, app: str, visit: Visit) -> None:
        seen = frozenset[str]().union(
            *(who for rows, (who, _) in ADMINISTRATION.items() if rows.startswith(app))
        )
        found = {
            visitor for visitor in ROLES if ask(visit(visitor), "GET", f"/admin/{app}/").status_code == 200
        }
        assert found == seen

    def test_opens_to_no_token(self, visit: Visit) -> None:
        assert not is_let_in(ask(visit("operations"), "GET", "/admin/"))
