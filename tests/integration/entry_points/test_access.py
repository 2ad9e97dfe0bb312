from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from shared_kernel.models import AuditEntry
from tests.integration.entry_points.access_table import (
    ADMINISTRATION,
    ANONYMOUS,
    API,
    EVERYBODY,
    FRONT,
    OF_A_ROW,
    PAGES,
    ROLES,
    Visitors,
)
from tests.integration.entry_points.conftest import Visit
from tests.integration.entry_points.routes import METHODS, NOBODY, Route, routes

pytestmark = pytest.mark.django_db
Rows = Callable[[], dict[str, int]]
OBJECT_PAGES = ("", "add/", "{}/history/", "{}/delete/", "{}/change/", "{}/")

API_ROUTES = [route for route in routes("api/v1/") if route.pattern in API]
ADMIN_ROUTES = routes("admin/")
PAGE_ROUTES = [route for route in routes() if route.pattern in PAGES]


def ask(client: Client, method: str, address: str) -> Any:
    """Ask in the simplest way that could work; a body says nothing, so that nothing comes of it."""
    body: dict[str, Any] = {} if method == "GET" else {"data": "{}", "content_type": "application/json"}
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
        assert {route.pattern for route in routes("api/v1/")} == API.keys()

    def test_of_a_page_has_its_policies(self) -> None:
        found = {route.pattern for route in routes()}
        assert {each for each in found if not each.startswith(("admin/", "api/v1/"))} == PAGES.keys()

    def test_of_the_administration_has_its_policies(self) -> None:
        of_rows = {f"{rows}/{end}" for rows in ADMINISTRATION for end in OBJECT_PAGES} | {
            "login/",
            "(?P{}.*)",
            "(?P{}auth|shared_kernel|outbox|catalog|patrons|lending)/",
        }
        assert {route.pattern for route in ADMIN_ROUTES} == FRONT.keys() | OF_A_ROW.keys() | of_rows

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
                asker = ANONYMOUS if PAGES[route.pattern].get("POST") == EVERYBODY else "superuser"
                assert ask(visit(asker), method, route.example).status_code == 405, method
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

    @pytest.mark.parametrize("page", OF_A_ROW)
    def test_lets_its_visitors_alone_act_on_a_row(self, page: str, visit: Visit) -> None:
        for method in ("GET", "POST"):
            found = let_in(visit, method, f"/admin/{page.format(NOBODY)}", ROLES | {ANONYMOUS})
            assert found == OF_A_ROW[page]

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


class TestADeniedAction:
    @pytest.mark.parametrize(
        ("visitor", "method", "address", "action"),
        [
            ("librarian", "PUT", "/api/v1/rules", "PUT /api/v1/rules"),
            ("catalog:read", "POST", "/api/v1/books", "POST /api/v1/books"),
            ("operator", "GET", "/desk/", "GET /desk/"),
            ("librarian", "GET", "/my/", "GET /my/"),
            ("patron", "GET", "/admin/login/", "GET /admin/login/"),
            ("operator", "GET", "/admin/lending/loanrow/", "GET /admin/lending/loanrow/"),
            ("librarian", "POST", "/admin/catalog/bookrow/add/", ""),
            ("operator", "POST", "/admin/patrons/patronrow/add/", "POST /admin/patrons/patronrow/add/"),
        ],
    )
    def test_is_on_record(self, visitor: str, method: str, address: str, action: str, visit: Visit) -> None:
        client = visit(visitor)
        AuditEntry.objects.all().delete()
        ask(client, method, address)
        denied = AuditEntry.objects.filter(outcome="denied")
        assert [entry.action for entry in denied] == ([action] if action else [])
        assert all(entry.principal.startswith(("user:", "token:")) for entry in denied)

    def test_of_a_stranger_is_not(self, visit: Visit) -> None:
        for address in ("/api/v1/patrons", "/desk/", "/admin/"):
            ask(visit(ANONYMOUS), "GET", address)
        assert not AuditEntry.objects.exists()

    def test_says_nothing_but_that_it_is_denied(self, visit: Visit) -> None:
        response = ask(visit("operator"), "GET", f"/api/v1/patrons/{NOBODY}")
        assert response.json()["errors"] == [{"code": "permission_denied", "detail": "You may not do this."}]


class TestASession:
    @pytest.mark.parametrize("route", API_ROUTES, ids=lambda route: route.pattern)
    def test_changes_nothing_without_the_csrf_token(self, route: Route, visit: Visit) -> None:
        visit("superuser")
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        client.force_login(User.objects.get(username="superuser"))
        for method in API[route.pattern].keys() - {"GET"}:
            response = ask(client, method, route.example)
            assert (response.status_code, response.json()["code"]) == (403, "permission_denied")

    @pytest.mark.parametrize(
        "address", ["/login", "/logout", "/desk/", "/password", "/admin/catalog/bookrow/add/"]
    )
    def test_sends_no_form_without_the_csrf_token(self, address: str, visit: Visit) -> None:
        visit("superuser")
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        client.force_login(User.objects.get(username="superuser"))
        assert client.post(address).status_code == 403

    def test_gives_way_to_a_token(self, visit: Visit) -> None:
        machine = visit("catalog:read")
        visit("superuser")
        machine.force_login(User.objects.get(username="superuser"))
        assert ask(machine, "POST", "/api/v1/books").status_code == 403


@pytest.mark.urls("tests.integration.shared_kernel.routes")
class TestARouteThatNobodyThoughtOf:
    PLANTED = "/api/v1/shelves/00000000-0000-4000-8000-000000000000/forgotten"

    def test_is_noticed_by_the_walk(self) -> None:
        found = {route.pattern for route in routes("api/v1/", root="tests.integration.shared_kernel.routes")}
        assert "shelves/{}/forgotten" in found - API.keys()

    def test_is_open_to_nobody(self, visit: Visit) -> None:
        assert let_in(visit, "POST", self.PLANTED, EVERYBODY | {"superuser"}) == frozenset()
