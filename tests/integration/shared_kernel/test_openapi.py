from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

pytestmark = [pytest.mark.urls("tests.integration.shared_kernel.routes"), pytest.mark.django_db]


@pytest.fixture
def schema() -> dict[str, Any]:
    answered: dict[str, Any] = (
        Client().get("/api/schema/?format=json", headers={"Accept": "application/json"}).json()
    )
    return answered


class TestTheSchema:
    def test_is_valid_without_a_warning(self) -> None:
        call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")

    def test_has_answers_as_their_dataclasses_are(self, schema: dict[str, Any]) -> None:
        shelf = schema["components"]["schemas"]["ShelfView"]
        assert shelf["description"] == "A place for books."
        assert shelf["properties"]["id"] == {"type": "string", "format": "uuid"}
        assert shelf["properties"]["spines"]["items"] == {"$ref": "#/components/schemas/Spine"}
        assert shelf["required"] == ["id", "name", "spines", "made_at"]

    def test_has_lists_as_pages(self, schema: dict[str, Any]) -> None:
        listing = schema["paths"]["/api/v1/shelves"]["get"]
        answer = listing["responses"]["200"]["content"]["application/json"]["schema"]
        assert answer == {"$ref": "#/components/schemas/ShelfViewPage"}
        page = schema["components"]["schemas"]["ShelfViewPage"]
        assert page["properties"]["results"]["items"] == {"$ref": "#/components/schemas/ShelfView"}
        assert {"cursor", "page_size", "name"} <= {each["name"] for each in listing["parameters"]}

    def test_names_the_problems_of_an_operation_by_status_and_code(self, schema: dict[str, Any]) -> None:
        answers = schema["paths"]["/api/v1/shelves"]["post"]["responses"]
        of_the_request = {"400", "401", "403", "406", "408", "411", "413", "415", "422", "429"}
        assert set(answers) == {"201", "500", "503", *of_the_request}
        assert answers["401"] == {"$ref": "#/components/responses/Unauthorized"}
        problem, these = answers["422"]["content"]["application/problem+json"]["schema"]["allOf"]
        assert problem == {"$ref": "#/components/schemas/Problem"}
        codes = these["properties"]["code"]["enum"]
        assert {"required", "blank", "max_length", "max_decimal_places", "unknown_field"} <= set(codes)
        assert not {"given_twice", "min_value", "page_size_invalid"} & set(codes)

    def test_tells_the_headers_of_problems(self, schema: dict[str, Any]) -> None:
        shared = schema["components"]["responses"]
        assert "Retry-After" in shared["TooManyRequests"]["headers"]
        assert "Retry-After" in shared["ServiceUnavailable"]["headers"]
        assert "WWW-Authenticate" in shared["Unauthorized"]["headers"]

    def test_says_who_may(self, schema: dict[str, Any]) -> None:
        shelves = schema["paths"]["/api/v1/shelves"]
        assert shelves["get"]["security"] == [{"bearer": []}, {"session": []}, {}]
        assert shelves["post"]["security"] == [{"bearer": []}, {"session": []}]
        assert schema["components"]["securitySchemes"]["bearer"] == {"type": "http", "scheme": "bearer"}

    def test_offers_idempotency_keys_where_they_count(self, schema: dict[str, Any]) -> None:
        shelves = schema["paths"]["/api/v1/shelves"]
        assert "Idempotency-Key" in {each["name"] for each in shelves["post"]["parameters"]}
        assert "Idempotency-Key" not in {each["name"] for each in shelves["get"]["parameters"]}
