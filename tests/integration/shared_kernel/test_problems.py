import logging
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

pytestmark = [pytest.mark.urls("tests.integration.shared_kernel.routes"), pytest.mark.django_db]

MEMBERS = {"type", "title", "status", "detail", "instance", "request_id", "code", "errors"}
HOSTILE = Client(raise_request_exception=False)


def problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    body: dict[str, Any] = response.json()
    assert body.keys() == MEMBERS
    assert body["status"] == status
    assert body["code"] == body["errors"][0]["code"]
    assert body["request_id"] == response["X-Request-Id"]
    assert "secret" not in response.content.decode()
    return body


def failing(how: str, status: int) -> dict[str, Any]:
    return problem(HOSTILE.get(f"/api/v1/failures/{how}"), status)


class TestARefusal:
    def test_tells_every_reason(self) -> None:
        assert failing("refused", 409)["errors"] == [
            {
                "code": "shelf_full",
                "detail": "Shelf A is full.",
                "pointer": "/name",
                "params": {"name": "A"},
            },
            {"code": "shelf_too_high", "detail": "Nobody reaches 240.5 cm.", "params": {"height": "240.5"}},
        ]

    @pytest.mark.parametrize(
        ("how", "status", "code"),
        [
            ("invalid", 422, "label_odd"),
            ("missing", 404, "not_found"),
            ("race", 409, "concurrent_change"),
            ("bad-key", 400, "idempotency_key_invalid"),
        ],
    )
    def test_has_the_status_of_its_kind(self, how: str, status: int, code: str) -> None:
        assert failing(how, status)["code"] == code

    def test_in_flight_says_when_to_ask_again(self) -> None:
        response = HOSTILE.get("/api/v1/failures/in-flight")
        assert problem(response, 409)["code"] == "idempotency_key_in_flight"
        assert response["Retry-After"] == "3"

    def test_on_a_page_is_a_page(self) -> None:
        response = HOSTILE.get("/page-fails/refused")
        assert response.status_code == 409
        assert "Shelf A is full." in response.content.decode()

    def test_of_something_missing_is_the_page_not_found(self) -> None:
        response = HOSTILE.get("/page-fails/missing")
        assert response.status_code == 404
        assert "<h1>Not found</h1>" in response.content.decode()


class TestALostDatabase:
    def test_is_unavailable_for_now(self) -> None:
        response = HOSTILE.get("/api/v1/failures/database")
        assert "10.0.0.1" not in response.content.decode()
        problem(response, 503)
        assert int(response["Retry-After"]) > 0

    def test_says_so_on_a_page_too(self) -> None:
        response = HOSTILE.get("/page-fails/database")
        assert response.status_code == 503
        assert "secret" not in response.content.decode()


class TestABug:
    def test_says_nothing_of_itself(self) -> None:
        failing("bug", 500)

    def test_says_nothing_even_where_django_would(self, settings: Settings) -> None:
        settings.DEBUG = True
        failing("bug", 500)

    def test_on_a_page_is_a_page(self) -> None:
        response = HOSTILE.get("/page-fails/bug")
        assert response.status_code == 500
        assert "secret" not in response.content.decode()


class TestWhatNoViewSees:
    def test_an_unknown_route_is_not_found(self) -> None:
        response = HOSTILE.get("/api/v1/nothing")
        problem(response, 404)
        assert response["X-Content-Type-Options"] == "nosniff"

    def test_an_unknown_page_is_a_page(self) -> None:
        assert "<h1>Not found</h1>" in HOSTILE.get("/nothing").content.decode()

    def test_a_foreign_host_is_refused(self) -> None:
        response = HOSTILE.get("/api/v1/shelves", HTTP_HOST="evil.example")
        assert "evil" not in response.content.decode()
        problem(response, 400)

    def test_a_foreign_host_is_told_in_a_page_and_a_line(
        self, caplog: pytest.LogCaptureFixture, settings: Settings
    ) -> None:
        settings.ROOT_URLCONF = "library_project.urls"
        [ours] = [each for each in logging.getLogger().handlers if each.name == "stderr"]
        response = HOSTILE.get("/login", HTTP_HOST="evil.example")
        assert response.status_code == 400
        assert "ALLOWED_HOSTS" in response.content.decode()
        assert "evil" not in response.content.decode()
        [record] = [each for each in caplog.records if each.name == "django.security.DisallowedHost"]
        assert ours.filter(record)
        assert "ALLOWED_HOSTS" in ours.format(record)
        assert "Traceback" not in ours.format(record)

    def test_a_nul_in_the_path_is_not_found(self) -> None:
        problem(HOSTILE.get("/api/v1/failures/a%00b"), 404)

    def test_a_nul_in_a_parameter_is_invalid(self) -> None:
        problem(HOSTILE.get("/api/v1/shelves?name=a%00b"), 422)
        assert HOSTILE.get("/login?next=%00").status_code == 422

    def test_bytes_that_are_no_text_in_the_path_are_harmless(self) -> None:
        problem(HOSTILE.get("/api/v1/shelves/%ff%fe"), 404)
        assert HOSTILE.get("/%ff").status_code == 404

    @pytest.mark.parametrize("how", ["huge", "nul", "lookup"])
    def test_a_value_no_column_holds_is_invalid(self, how: str) -> None:
        failing(how, 422)

    def test_a_broken_constraint_is_a_lost_race(self) -> None:
        assert failing("constraint", 409)["code"] == "concurrent_change"

    def test_a_suspicious_request_is_unreadable(self) -> None:
        failing("suspicious", 400)


class TestTheProtocol:
    def test_knows_which_methods_a_route_has(self) -> None:
        response = HOSTILE.put("/api/v1/shelves", {}, content_type="application/json")
        problem(response, 405)
        assert response["Allow"] == "GET, POST, HEAD, OPTIONS"

    def test_answers_options(self) -> None:
        assert HOSTILE.options("/api/v1/shelves").status_code == 200
        assert (
            HOSTILE.options("/api/v1/shelves/00000000-0000-0000-0000-000000000001/forgotten").status_code
            == 200
        )

    def test_answers_json_unless_asked_for_a_page(self) -> None:
        assert HOSTILE.get("/api/v1/shelves", headers={"Accept": "*/*"})["Content-Type"] == "application/json"
        page = HOSTILE.get("/api/v1/shelves", headers={"Accept": "text/html"})
        assert page["Content-Type"].startswith("text/html")
        assert "Shelf" in page.content.decode()

    def test_shows_errors_on_the_page_to_who_asks_for_pages(self) -> None:
        problem(HOSTILE.get("/api/v1/nothing", headers={"Accept": "text/html"}), 404)
        page = HOSTILE.get("/api/v1/failures/invalid", headers={"Accept": "text/html"})
        assert (page.status_code, page["Content-Type"].partition(";")[0]) == (422, "text/html")

    def test_refuses_to_answer_in_other_forms(self) -> None:
        problem(HOSTILE.get("/api/v1/shelves", headers={"Accept": "image/png"}), 406)
