"""What goes along with every answer: who may run, frame, keep and resend it."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.test import Client

from tests.conftest import ROOT
from tests.factories import a_copy, a_loan
from tests.integration.entry_points.access_table import ADMINISTRATION, ANONYMOUS, API, PAGES
from tests.integration.entry_points.conftest import Visit
from tests.integration.entry_points.routes import Route, routes

pytestmark = pytest.mark.django_db

PRIVATE = [
    (method, route.example)
    for route in routes()
    for method, visitors in {
        **API.get(route.pattern.removeprefix("api/v1/"), {}),
        **PAGES.get(route.pattern, {}),
    }.items()
    if ANONYMOUS not in visitors
]
OPEN = [route for route in routes() if ANONYMOUS in PAGES.get(route.pattern, {}).get("GET", ())]


def policy_of(response: Any) -> dict[str, list[str]]:
    sources = (part.split() for part in response["Content-Security-Policy"].split(";"))
    return {name: values for name, *values in sources}


class TestAnythingAboutAPatron:
    def test_is_walked_here(self) -> None:
        assert len(PRIVATE) > 40

    @pytest.mark.parametrize("visitor", ["superuser", "patron", "operator", "anonymous"])
    def test_is_kept_by_no_cache(self, visitor: str, visit: Visit) -> None:
        for method, address in PRIVATE:
            response = visit(visitor).generic(method, address, b"{}", "application/json")
            kept_out = "no-store" in response.get("Cache-Control", "")
            sent_to_log_in = response.status_code == 302 and visitor == ANONYMOUS
            nothing_said = response.status_code == 405 or sent_to_log_in
            assert kept_out or nothing_said, (method, address)

    def test_is_kept_by_no_cache_when_it_is_found(self, visit: Visit) -> None:
        loan = a_loan(copy_barcode=a_copy().barcode)
        for address in (f"patrons/{loan.patron}", f"loans/{loan.id}", "loans", "patrons", "holds"):
            response = visit("manager").get(f"/api/v1/{address}")
            assert (response.status_code, response["Cache-Control"]) == (200, "no-store")

    @pytest.mark.parametrize("rows", ADMINISTRATION)
    def test_in_the_administration_is_kept_by_no_cache(self, rows: str, visit: Visit) -> None:
        assert "no-store" in visit("superuser").get(f"/admin/{rows}/")["Cache-Control"]

    def test_leaves_with_the_session(self, visit: Visit) -> None:
        librarian = visit("librarian")
        assert librarian.get("/desk/").status_code == 200
        librarian.post("/logout")
        assert librarian.get("/desk/").status_code == 302


class TestEveryAnswer:
    @pytest.mark.parametrize("route", OPEN, ids=lambda route: f"/{route.pattern}")
    def test_says_what_it_may_load_and_who_may_show_it(self, route: Route, visit: Visit) -> None:
        response = visit("librarian").get(route.example)
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Frame-Options"] == "DENY"
        assert response["Referrer-Policy"] == "same-origin"
        if route.pattern != "docs":  # a log-in there may open a window of its own
            assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        policy = policy_of(response)
        assert policy["default-src"] == ["'self'"]
        assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == ["'none'"]
        assert policy["form-action"] == ["'self'"]

    @pytest.mark.parametrize("address", ["/", "/login", "/desk/", "/password", "/nowhere", "/health"])
    def test_of_ours_runs_no_script_that_stands_in_the_page(self, address: str, visit: Visit) -> None:
        response = visit("librarian").get(address)
        assert "unsafe" not in response["Content-Security-Policy"]
        assert "<script>" not in response.content.decode()
        assert " onclick=" not in response.content.decode()
        assert " style=" not in response.content.decode()

    @pytest.mark.parametrize("address", ["/docs", "/api/v1/books"])
    def test_of_others_makes_no_code_out_of_text(self, address: str, visit: Visit) -> None:
        assert "unsafe-eval" not in visit("librarian").get(address)["Content-Security-Policy"]

    def test_that_failed_says_it_too(self, visit: Visit) -> None:
        for address in ("/nowhere", "/api/v1/nowhere", "/api/v1/patrons", "/api/v1/books?x=1"):
            response = visit(ANONYMOUS).get(address)
            assert response.status_code >= 400
            assert response["X-Content-Type-Options"] == "nosniff"
            assert "frame-ancestors 'none'" in response["Content-Security-Policy"]

    def test_to_a_stranger_sets_no_cookie(self) -> None:
        for address in ("/api/v1/books", "/health", "/metrics", "/api/schema/"):
            assert not Client().get(address).cookies


class TestASessionsCookie:
    def test_is_hidden_from_scripts_and_other_sites(self, visit: Visit) -> None:
        cookie = visit("librarian").cookies["sessionid"]
        client = Client()
        client.post("/login", {"username": "nobody", "password": "x"})
        assert "sessionid" not in client.cookies
        assert cookie.value


_ASK = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
said, client = {}, Client(raise_request_exception=False)
for scheme in ("http", "https"):
    for address in ("/login", "/health"):
        headers = {"Host": "library.example.org"}
        response = client.get(address, headers=headers, secure=scheme == "https")
        cookies = [morsel.OutputString() for morsel in response.cookies.values()]
        said[f"{scheme} {address}"] = [response.status_code, dict(response.items()), cookies]
foreign = client.get("/login", headers={"Host": "evil.example.org"}, secure=True)
said["foreign host"] = foreign.status_code
names = ("SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "CSRF_COOKIE_SECURE")
said["settings"] = {name: getattr(settings, name) for name in names}
print(json.dumps(said))
"""


@pytest.fixture(scope="class")
def production() -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("LIBRARY_")},
        "ENVIRONMENT": "production",
        "SECRET_KEY": "q7Kd-Zr2_mX9vB4nL8sT1wY6cF3hJ5pG0aE-uR7iO2kM4xV9bN1",
        "ALLOWED_HOSTS": "library.example.org",
        "PUBLIC_URL": "https://library.example.org",
        "TRUSTED_PROXIES": "127.0.0.1",
        "DATABASE_URL": "sqlite:///var/unused-by-tests.sqlite3",
    }


def python(*arguments: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


class TestProduction:
    def test_is_served_over_tls_alone(self, production: dict[str, str]) -> None:
        ended = python("-c", _ASK, environment=production)
        assert ended.returncode == 0, ended.stderr
        said = json.loads(ended.stdout)
        status, headers, _ = said["http /login"]
        assert (status, headers["Location"]) == (301, "https://library.example.org/login")
        assert said["http /health"][0] == 200
        status, headers, cookies = said["https /login"]
        assert status == 200
        assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
        assert all("Secure" in cookie and "SameSite=Lax" in cookie for cookie in cookies)
        assert cookies
        assert said["foreign host"] == 400
        assert said["settings"] == {
            "SESSION_COOKIE_SECURE": True,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "CSRF_COOKIE_SECURE": True,
        }

    def test_passes_the_check_before_a_deployment(self, production: dict[str, str]) -> None:
        ended = python("manage.py", "check", "--deploy", "--fail-level", "WARNING", environment=production)
        assert ended.returncode == 0, ended.stderr
        assert "letters are written to files" in ended.stderr
        assert "SQLite" in ended.stderr

    def test_has_nothing_to_say_where_letters_go_out_and_the_database_is_a_server(
        self, production: dict[str, str]
    ) -> None:
        better = {"SENDGRID_API_KEY": "SG.x", "DATABASE_URL": "postgres://u:p@db/library"}
        ended = python("manage.py", "check", "--deploy", environment={**production, **better})
        assert ended.returncode == 0, ended.stderr
        assert "no issues" in ended.stdout
