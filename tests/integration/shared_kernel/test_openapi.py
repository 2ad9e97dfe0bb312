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

    def test_has_a_problem_for_whatever_else_may_happen(self, schema: dict[str, Any]) -> None:
        for path in schema["paths"].values():
            for operation in path.values():
                problem = operation["responses"]["default"]["content"]["application/problem+json"]
                assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}

    def test_says_who_may(self, schema: dict[str, Any]) -> None:
        shelves = schema["paths"]["/api/v1/shelves"]
        assert shelves["get"]["security"] == [{"bearer": []}, {"session": []}, {}]
        assert shelves["post"]["security"] == [{"bearer": []}, {"session": []}]
        assert schema["components"]["securitySchemes"]["bearer"] == {"type": "http", "scheme": "bearer"}

    def test_offers_idempotency_keys_where_they_count(self, schema: dict[str, Any]) -> None:
        shelves = schema["paths"]["/api/v1/shelves"]
        assert "Idempotency-Key" in {each["name"] for each in shelves["post"]["parameters"]}
        assert "Idempotency-Key" not in {each["name"] for each in shelves["get"]["parameters"]}
