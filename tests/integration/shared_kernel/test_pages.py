import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.integration.shared_kernel.conftest import Browser

pytestmark = [pytest.mark.urls("tests.integration.shared_kernel.routes"), pytest.mark.django_db]

PASSWORD = "correct horse battery"


class TestLoggingIn:
    @pytest.mark.parametrize(
        ("role", "home"),
        [("patron", "/my/"), ("librarian", "/desk/"), ("manager", "/desk/"), ("operator", "/admin/")],
    )
    def test_leads_to_where_one_works(self, role: str, home: str, browser: Browser) -> None:
        browser(role, password=PASSWORD)
        response = Client().post("/login", {"username": role, "password": PASSWORD})
        assert response["Location"] == home

    def test_leads_back_to_the_page_asked_for(self, browser: Browser) -> None:
        browser("patron", password=PASSWORD)
        form = {"username": "patron", "password": PASSWORD, "next": "/reading-room"}
        assert Client().post("/login", form)["Location"] == "/reading-room"

    def test_leads_to_no_foreign_site(self, browser: Browser) -> None:
        browser("patron", password=PASSWORD)
        form = {"username": "patron", "password": PASSWORD, "next": "https://evil.example/"}
        assert Client().post("/login", form)["Location"] == "/my/"

    @pytest.mark.parametrize(
        "form",
        [
            {},
            {"username": "patron", "password": "wrong"},
            {"username": "patron\x00", "password": PASSWORD},
            {"username": "x" * 9000, "password": "x"},
        ],
    )
    def test_refused_shows_the_form_again(self, form: dict[str, str], browser: Browser) -> None:
        browser("patron", password=PASSWORD)
        response = Client().post("/login", form)
        assert response.status_code == 200
        assert 'class="errors"' in response.content.decode() or "notice error" in response.content.decode()

    def test_needs_the_csrf_token(self, browser: Browser) -> None:
        browser("patron", password=PASSWORD)
        client = Client(enforce_csrf_checks=True)
        response = client.post("/login", {"username": "patron", "password": PASSWORD})
        assert response.status_code == 403
        assert "Please try again" in response.content.decode()


class TestLoggingOut:
    def test_is_done_by_a_form(self, browser: Browser) -> None:
        client = browser("patron")
        assert client.get("/logout").status_code == 405
        assert client.post("/logout")["Location"] == "/"
        assert client.get("/reading-room").status_code == 302


class TestEveryPage:
    @pytest.mark.parametrize(
        ("role", "shown"),
        [
            ("patron", {"/", "/my/", "/docs"}),
            ("librarian", {"/", "/desk/", "/admin/", "/docs"}),
            ("operator", {"/", "/admin/", "/docs"}),
        ],
    )
    def test_links_to_where_the_login_may_go(self, role: str, shown: set[str], browser: Browser) -> None:
        page = browser(role).get("/").content.decode()
        links = {
            place for place in ("/", "/my/", "/desk/", "/admin/", "/docs") if f'<li><a href="{place}"' in page
        }
        assert links == shown
        assert "Log out" in page

    def test_offers_strangers_the_login(self) -> None:
        page = Client().get("/").content.decode()
        assert 'href="/login"' in page
        assert "/desk/" not in page
        assert 'aria-current="page">Catalogue' in page

    def test_runs_nobody_elses_scripts_and_no_inline_ones(self) -> None:
        response = Client().get("/")
        assert "'unsafe-inline'" not in response["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
        assert "<script" not in response.content.decode()
        assert "style=" not in response.content.decode()

    def test_asks_the_database_nothing_for_strangers(self, django_assert_num_queries: object) -> None:
        with django_assert_num_queries(0):  # type: ignore[operator]  # pytest-django's context manager
            Client().get("/")

    def test_escapes_names(self, browser: Browser) -> None:
        client = browser("patron")
        User.objects.update(username="<b>patron</b>")
        assert "&lt;b&gt;patron" in client.get("/").content.decode()
