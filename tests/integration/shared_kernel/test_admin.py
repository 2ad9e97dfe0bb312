import re
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.test import Client
from pytest_django import Settings

from shared_kernel.models import ApiToken, AuditEntry, Breaker
from shared_kernel.services.commands import bus
from tests.integration.shared_kernel.conftest import Browser

pytestmark = [
    pytest.mark.urls("tests.integration.shared_kernel.administration"),
    pytest.mark.django_db,
]

AT = datetime(2024, 1, 15, 10, tzinfo=UTC)
TOKENS = "/desk-admin/shared_kernel/apitoken/"
GOOD = {"name": "till", "scopes": ["operations"], "days": "30"}


@pytest.fixture(autouse=True)
def own_bus(settings: Settings) -> Iterator[None]:
    settings.LIBRARY_BUS = "tests.integration.shared_kernel.administration.bus"
    settings.UNFOLD = {**settings.UNFOLD, "DASHBOARD_CALLBACK": None}  # which asks other contexts
    bus.cache_clear()
    yield
    bus.cache_clear()


@pytest.fixture
def rows() -> None:
    AuditEntry.objects.create(
        at=AT, principal="user:1", door="api", action="BorrowBook", outcome="done", correlation_id="c-1"
    )
    ApiToken.objects.create(id=UUID(int=1), name="till", digest="secret-digest", scopes=[], created_at=AT)
    Breaker.objects.create(name="rabbitmq", changed_at=AT)


@pytest.fixture
def root(browser: Browser) -> Client:
    return browser(superuser=True)


def sections(client: Client) -> set[str]:
    page = client.get("/admin/").content.decode()
    return {name for name in ("auditentry", "apitoken", "breaker") if f"/admin/shared_kernel/{name}/" in page}


class TestTheFrontDoor:
    def test_sends_strangers_to_the_one_login_page(self) -> None:
        response = Client().get("/admin/", follow=True)
        assert response.redirect_chain[-1][0] == "/login?next=/admin/"

    def test_is_closed_to_patrons_on_record(self, browser: Browser) -> None:
        response = browser("patron").get("/admin/", follow=True)
        assert response.status_code == 403
        assert AuditEntry.objects.get().outcome == "denied"

    @pytest.mark.parametrize(
        ("role", "seen"),
        [("librarian", set()), ("manager", {"auditentry"}), ("operator", {"apitoken", "breaker"})],
    )
    def test_shows_each_role_its_own(self, role: str, seen: set[str], browser: Browser) -> None:
        assert sections(browser(role)) == seen

    def test_keeps_the_operator_from_the_audit(self, browser: Browser, rows: None) -> None:
        assert browser("operator").get("/admin/shared_kernel/auditentry/").status_code == 403


class TestRowsToLookAt:
    @pytest.mark.parametrize("name", ["auditentry", "apitoken", "breaker"])
    def test_are_listed_searched_and_shown_but_never_written(
        self, name: str, root: Client, rows: None
    ) -> None:
        listed = root.get(f"/admin/shared_kernel/{name}/?q=till")
        assert listed.status_code == 200
        assert "delete_selected" not in listed.content.decode()
        model = {"auditentry": AuditEntry, "apitoken": ApiToken, "breaker": Breaker}[name]
        one = f"/admin/shared_kernel/{name}/{model.objects.get().pk}"  # type: ignore[attr-defined]  # the three share no base
        assert root.get(f"{one}/change/").status_code == 200
        assert root.post(f"{one}/change/", {}).status_code == 403
        assert root.post(f"{one}/delete/", {"post": "yes"}).status_code == 403
        assert root.post(f"/admin/shared_kernel/{name}/add/", {}).status_code == 403

    def test_of_the_audit_call_people_by_their_names(self, browser: Browser) -> None:
        manager = browser("manager")
        browser("patron").get("/admin/", follow=True)
        page = manager.get("/admin/shared_kernel/auditentry/").content.decode()
        assert "permission_denied" in page
        assert re.search(r">\s*patron\s*<", page)
        for login, found in (("patron", True), ("manager", False)):
            page = manager.get("/admin/shared_kernel/auditentry/", {"q": login}).content.decode()
            assert ("permission_denied" in page) == found

    def test_show_no_digest(self, root: Client, rows: None) -> None:
        page = root.get(f"/admin/shared_kernel/apitoken/{UUID(int=1)}/change/")
        assert "secret-digest" not in page.content.decode()

    def test_bear_hostile_addresses(self, root: Client, rows: None) -> None:
        for address in (
            "x/change/",
            "?id__exact=x",
            "?digest__startswith=s",
            "?o=x",
            "?p=x",
            "?q=%00",
            "%00/change/",
        ):
            assert root.get(f"/admin/shared_kernel/apitoken/{address}").status_code in {
                200,
                302,
                400,
                404,
                422,
            }


class TestTheBreakersPage:
    PAGE = "/admin/shared_kernel/breaker/"

    def order(self, client: Client, order: str, comment: str, name: str = "sendgrid") -> str:
        form = {"name": name, "order": order, "comment": comment}
        return client.post(self.PAGE, form, follow=True).content.decode()

    def test_shows_also_one_that_never_failed(self, browser: Browser) -> None:
        page = browser("operator").get(self.PAGE).content.decode()
        assert "sendgrid" in page
        assert "rabbitmq" in page

    def test_holds_one_open_and_closes_it(self, browser: Browser) -> None:
        operator = browser("operator")
        assert "held open" in self.order(operator, "open", "they are moving house")
        assert Breaker.objects.get(pk="sendgrid").held_open
        assert AuditEntry.objects.get().comment == "they are moving house"
        assert "held open" not in self.order(operator, "close", "they are back")
        assert Breaker.objects.get(pk="sendgrid").state == "closed"

    def test_says_why_not(self, browser: Browser) -> None:
        operator = browser("operator")
        assert "Give a reason" in self.order(operator, "open", " ")
        assert operator.post(self.PAGE, {"name": "sendgrid"}).status_code == 200
        assert self.order(operator, "open", "x", name="nonsense")
        assert not Breaker.objects.filter(state="open").exists()

    def test_is_for_operators_alone(self, browser: Browser) -> None:
        manager = browser("manager")
        assert manager.get(self.PAGE).status_code == 403
        self.order(manager, "open", "x")
        assert not Breaker.objects.filter(state="open").exists()


class TestACommandsForm:
    def test_is_shown_in_the_administrations_looks(self, root: Client) -> None:
        page = root.get(f"{TOKENS}add/").content.decode()
        assert 'name="scopes"' in page
        assert 'enctype="multipart/form-data"' in page

    def test_gives_the_command_and_says_so(self, root: Client) -> None:
        response = root.post(f"{TOKENS}add/", GOOD)
        assert response.status_code == 302
        assert response["Location"] == TOKENS
        assert ApiToken.objects.get().name == "till"
        assert AuditEntry.objects.get().door == "page"
        page = root.get(TOKENS).content.decode()
        assert "was added" in page

    def test_can_be_filled_again_at_once(self, root: Client) -> None:
        response = root.post(f"{TOKENS}add/", {**GOOD, "_addanother": "1"})
        assert response["Location"] == f"{TOKENS}add/"

    def test_comes_back_with_the_refusal_and_no_success(self, root: Client) -> None:
        response = root.post(f"{TOKENS}add/", {**GOOD, "days": "0"})
        assert response.status_code == 200
        page = response.content.decode()
        assert "A token is valid for 1 to 3650 days." in page
        assert "was added" not in page
        assert not list(get_messages(response.wsgi_request))
        assert not ApiToken.objects.exists()
        assert AuditEntry.objects.get().outcome == "refused"

    def test_comes_back_with_its_own_errors(self, root: Client) -> None:
        response = root.post(f"{TOKENS}add/", {})
        assert response.status_code == 200
        assert "This field is required." in response.content.decode()

    def test_is_closed_without_the_scope(self, browser: Browser) -> None:
        client = browser("operator")
        assert client.get(TOKENS).status_code == 200
        assert "add/" not in client.get(TOKENS).content.decode().split("<main")[-1]
        assert client.get(f"{TOKENS}add/").status_code == 403
        assert client.post(f"{TOKENS}add/", GOOD).status_code == 403
        assert AuditEntry.objects.filter(outcome="denied").count() == 2

    def test_leaves_no_trace_but_the_audit(self, root: Client) -> None:
        root.post(f"{TOKENS}add/", GOOD)
        assert not LogEntry.objects.exists()


class TestAnAction:
    def test_gives_a_command_for_each_row_and_tells_what_was_refused(self, root: Client, rows: None) -> None:
        chosen = {"action": "revoke", "_selected_action": [str(UUID(int=1))]}
        page = root.post(TOKENS, chosen, follow=True).content.decode()
        assert ApiToken.objects.get().revoked_at is not None
        assert "1 done." in page
        assert "No token has the id" in page

    def test_is_offered_with_the_scope_alone(self, browser: Browser, rows: None) -> None:
        assert 'value="revoke"' not in browser("operator").get(TOKENS).content.decode()
        client = browser("operator", "manager")
        page = client.get(TOKENS).content.decode()
        assert 'value="revoke"' in page
        assert "delete_selected" not in page

    def test_is_refused_without_the_scope(self, browser: Browser, rows: None) -> None:
        chosen = {"action": "revoke", "_selected_action": [str(UUID(int=1))]}
        browser("operator").post(TOKENS, chosen)
        assert ApiToken.objects.get().revoked_at is None
