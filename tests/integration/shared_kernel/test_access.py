import pytest
from django.contrib.auth.models import User
from django.test import Client

from shared_kernel.models import AuditEntry
from shared_kernel.web.access import ANONYMOUS, ROLE_SCOPES, of_login
from tests.integration.shared_kernel.conftest import Browser, Token

pytestmark = [pytest.mark.urls("tests.integration.shared_kernel.routes"), pytest.mark.django_db]

SHELVES = "/api/v1/shelves"
ONE = f"{SHELVES}/00000000-0000-0000-0000-000000000001"
STRANGER = Client(raise_request_exception=False)


class TestAToken:
    def test_opens_what_its_scopes_open(self, token: Token) -> None:
        headers = token("catalog:write")
        made = STRANGER.post(SHELVES, {"name": "A"}, "application/json", headers=headers)
        assert made.status_code == 201
        assert made.json()["principal"].startswith("token:")
        assert made.json()["login"] is None

    def test_opens_nothing_else(self, token: Token) -> None:
        assert STRANGER.delete(ONE, headers=token("catalog:write")).status_code == 403

    @pytest.mark.parametrize(
        "header",
        ["Bearer", "Bearer ", "Bearer nonsense", "bearer \xe4\xf6", "Bearer a b", "Bearer " + "x" * 9000],
    )
    def test_unknown_is_no_login_even_for_what_is_public(self, header: str) -> None:
        response = STRANGER.get(SHELVES, headers={"Authorization": header})
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == 'Bearer realm="library"'
        assert response.json()["code"] == "invalid_token"

    def test_of_another_scheme_is_none(self) -> None:
        assert STRANGER.get(SHELVES, headers={"Authorization": "Basic eDp5"}).status_code == 200
        assert STRANGER.delete(ONE, headers={"Authorization": "Basic eDp5"}).status_code == 401


class TestASession:
    def test_opens_what_its_roles_open(self, browser: Browser) -> None:
        assert browser("librarian").put(ONE).status_code == 200
        assert browser("manager").delete(ONE).status_code == 204
        assert browser("patron").post(SHELVES, {"name": "A"}, "application/json").status_code == 201

    def test_opens_everything_for_a_superuser(self, browser: Browser) -> None:
        assert browser(superuser=True).delete(ONE).status_code == 204

    def test_needs_the_csrf_token(self, browser: Browser) -> None:
        browser("manager")
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        client.force_login(User.objects.get())
        response = client.delete(ONE)
        assert response.status_code == 403
        assert response["Content-Type"] == "application/problem+json"

    def test_counts_no_longer_for_a_closed_login(self, browser: Browser) -> None:
        client = browser("manager")
        User.objects.update(is_active=False)
        assert client.delete(ONE).status_code == 401


class TestAnAction:
    def test_without_policy_is_closed_to_all(self, browser: Browser, token: Token) -> None:
        assert browser(superuser=True).post(f"{ONE}/forgotten").status_code == 403
        assert STRANGER.post(f"{ONE}/forgotten", headers=token("catalog:write")).status_code == 403
        assert STRANGER.post(f"{ONE}/forgotten").status_code == 401

    def test_denied_is_on_record_once(self, token: Token) -> None:
        STRANGER.delete(ONE, headers=token("catalog:write"))
        entry = AuditEntry.objects.get(outcome="denied")
        assert entry.principal.startswith("token:")
        assert entry.action == "DELETE /api/v1/shelves/<id:id>"
        assert entry.subjects == {"id": "00000000-0000-0000-0000-000000000001"}

    def test_denied_to_a_stranger_is_not(self) -> None:
        assert STRANGER.delete(ONE).status_code == 401
        assert not AuditEntry.objects.exists()

    def test_that_only_might_be_shown_is_not_on_record(self, browser: Browser) -> None:
        page = browser("patron").get(ONE, headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert not AuditEntry.objects.exists()


class TestAPage:
    def test_sends_strangers_to_log_in(self) -> None:
        response = STRANGER.get("/reading-room?x=1")
        assert response.status_code == 302
        assert response["Location"] == "/login?next=/reading-room%3Fx%3D1"

    def test_opens_to_its_scopes_and_stays_out_of_caches(self, browser: Browser) -> None:
        for role in ("patron", "librarian"):
            response = browser(role).get("/reading-room")
            assert response.status_code == 200
            assert response["Cache-Control"] == "no-store"

    def test_is_closed_to_others_on_record(self, browser: Browser) -> None:
        assert browser("operator").get("/reading-room").status_code == 403
        assert AuditEntry.objects.get().action == "GET /reading-room"


class TestRoles:
    def test_let_the_operator_read_nothing_of_patrons_and_loans(self) -> None:
        assert ROLE_SCOPES["operator"] == {"catalog:read", "operations"}

    def test_keep_waivers_rules_overrides_and_the_audit_for_managers(self) -> None:
        kept = {"accounts:write", "rules:write", "override", "audit:read"}
        assert ROLE_SCOPES["manager"] >= kept
        assert not ROLE_SCOPES["librarian"] & kept

    def test_add_up(self, browser: Browser) -> None:
        browser("patron", "operator")
        assert of_login(User.objects.get()).scopes == ROLE_SCOPES["patron"] | ROLE_SCOPES["operator"]

    def test_are_none_without_a_login(self) -> None:
        assert of_login(None) is ANONYMOUS
        assert not ANONYMOUS.is_staff
