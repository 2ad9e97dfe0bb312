from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from tests.integration.shared_kernel.conftest import Token

pytestmark = [pytest.mark.urls("tests.integration.shared_kernel.routes"), pytest.mark.django_db]

SHELVES = "/api/v1/shelves"
ONE = f"{SHELVES}/00000000-0000-0000-0000-000000000001"
CLIENT = Client(raise_request_exception=False)


@pytest.fixture
def machine(token: Token) -> dict[str, str]:
    return token("catalog:write")


def errors(response: Any) -> list[tuple[str, str | None]]:
    assert response.status_code == 422, response.content
    return [(error["code"], error.get("pointer")) for error in response.json()["errors"]]


def post(
    body: object, machine: dict[str, str], content_type: str = "application/json", **headers: str
) -> Any:
    return CLIENT.post(SHELVES, body, content_type=content_type, headers={**machine, **headers})


class TestABody:
    def test_gives_what_the_form_checked(self, machine: dict[str, str]) -> None:
        response = post({"name": " A ", "height": 1.25, "spines": [{"colour": "red"}]}, machine)
        assert response.status_code == 201
        assert response.json()["given"] == {"name": "A", "height": "1.25", "spines": [{"colour": "red"}]}

    def test_may_be_absent_where_nothing_is_asked(self, machine: dict[str, str]) -> None:
        assert CLIENT.put(ONE, headers=machine).status_code == 200
        assert errors(CLIENT.put(ONE, {"a": 1}, "application/json", headers=machine)) == [
            ("unknown_field", "/a")
        ]

    def test_has_no_unknown_field_at_any_depth(self, machine: dict[str, str]) -> None:
        response = post(
            {"name": "A", "a/b": 1, "spines": [{"colour": "r"}, {"colour": "r", "size": 2}]}, machine
        )
        assert errors(response) == [("unknown_field", "/a~1b"), ("unknown_field", "/spines/1/size")]

    def test_is_pointed_into(self, machine: dict[str, str]) -> None:
        response = post({"spines": [{"colour": "r"}, {"colour": ""}]}, machine)
        assert errors(response) == [("required", "/name"), ("blank", "/spines/1/colour")]

    def test_of_another_shape_is_invalid(self, machine: dict[str, str]) -> None:
        assert errors(post([], machine)) == [("not_an_object", None)]
        assert errors(post({"name": "A", "spines": {"colour": "r"}}, machine)) == [("not_a_list", "/spines")]
        assert errors(post({"name": "A", "spines": ["red"]}, machine)) == [("invalid", "/spines/0")]

    def test_with_a_million_mistakes_is_answered_briefly(self, machine: dict[str, str]) -> None:
        response = post({"name": "A", "spines": [{"colour": ""}] * 5000}, machine)
        assert len(response.json()["errors"]) == 50
        response = post({"name": "A", **dict.fromkeys(map(str, range(5000)))}, machine)
        assert len(response.json()["errors"]) == 20

    def test_that_cannot_be_read_is_a_bad_request(self, machine: dict[str, str]) -> None:
        for raw in (b"{", b'{"a": 1, "a": 1}', b"\xff", b" "):
            assert post(raw, machine).status_code == 400

    def test_of_another_type_or_charset_is_not_supported(self, machine: dict[str, str]) -> None:
        for kind in ("text/plain", "application/xml", "application/json; charset=klingon", "nonsense", ";;;"):
            response = CLIENT.generic("POST", SHELVES, b'{"name": "A"}', kind, headers=machine)
            assert response.status_code == 415
            assert response["Content-Type"] == "application/problem+json"

    def test_that_is_too_large_is_not_read(self, machine: dict[str, str], settings: Settings) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
        assert post({"name": "long enough"}, machine).status_code == 413

    def test_goes_without_parameters(self, machine: dict[str, str]) -> None:
        response = CLIENT.post(f"{SHELVES}?x=1", {"name": "A"}, "application/json", headers=machine)
        assert errors(response) == [("unknown_field", "/x")]


class TestParameters:
    def test_are_known_ones(self) -> None:
        assert errors(CLIENT.get(f"{SHELVES}?name=A&colour__startswith=r")) == [
            ("unknown_field", "/colour__startswith")
        ]
        assert errors(CLIENT.get(f"{ONE}?x=")) == [("unknown_field", "/x")]
        assert errors(CLIENT.get(f"{ONE}?page_size=3")) == [("unknown_field", "/page_size")]

    def test_are_given_once(self) -> None:
        assert errors(CLIENT.get(f"{SHELVES}?name=A&name=B")) == [("given_twice", "/name")]
        assert CLIENT.get(f"{SHELVES}?tags=a&tags=b").status_code == 200

    def test_count_as_absent_when_empty(self) -> None:
        assert CLIENT.get(f"{SHELVES}?name=").status_code == 200


class TestIdempotencyKeys:
    def test_are_those_of_a_post(self, machine: dict[str, str]) -> None:
        key = {"Idempotency-Key": "borrow-0001"}
        assert post({"name": "A"}, machine, **key).json()["key"] == "borrow-0001"
        assert post({"name": "A"}, machine).json()["key"] is None
        assert CLIENT.put(ONE, headers={**machine, **key}).json()["key"] is None

    def test_are_not_empty(self, machine: dict[str, str]) -> None:
        response = post({"name": "A"}, machine, **{"Idempotency-Key": " "})
        assert response.status_code == 400
        assert response.json()["code"] == "idempotency_key_invalid"


class TestCaches:
    def test_keep_nothing_private(self, machine: dict[str, str]) -> None:
        assert post({"name": "A"}, machine)["Cache-Control"] == "no-store"

    def test_may_keep_what_is_public(self) -> None:
        assert "Cache-Control" not in CLIENT.get(ONE)


class TestTheOrigin:
    def test_is_the_clients_request_id(self, machine: dict[str, str]) -> None:
        response = post({"name": "A"}, machine, **{"X-Request-Id": "till-4:00017"})
        assert response["X-Request-Id"] == "till-4:00017"
        assert response.json()["correlation"] == "till-4:00017"
        assert response.json()["door"] == "api"

    @pytest.mark.parametrize("bad", ["", "a b", "<script>", "x" * 129, "ä"])
    def test_is_a_new_id_where_the_clients_is_no_id(self, bad: str) -> None:
        given = CLIENT.get(ONE, headers={"X-Request-Id": bad})["X-Request-Id"]
        assert given != bad
        assert len(given) == 36

    def test_acts_when_the_test_says(self, machine: dict[str, str], settings: Settings) -> None:
        settings.LIBRARY_TESTING = True
        response = post({"name": "A"}, machine, **{"Library-Now": "2024-01-15T11:00:00+01:00"})
        assert response.json()["acts_at"] == "2024-01-15T10:00:00Z"

    @pytest.mark.parametrize("bad", ["", "yesterday", "2024-01-15T10:00:00", "0001-01-01T00:00:00+14:00"])
    def test_acts_at_an_instant_alone(self, bad: str, settings: Settings) -> None:
        settings.LIBRARY_TESTING = True
        assert errors(CLIENT.get(ONE, headers={"Library-Now": bad})) == [("invalid", None)]

    def test_acts_now_outside_tests(self, machine: dict[str, str], settings: Settings) -> None:
        settings.LIBRARY_TESTING = False
        response = post({"name": "A"}, machine, **{"Library-Now": "2024-01-15T10:00:00Z"})
        assert response.json()["acts_at"] is None
