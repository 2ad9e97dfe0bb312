"""The published schema holds: whatever it lets a client send, and whatever not, is answered as it says."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import schemathesis
from django.test.client import Client, ClientHandler
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from shared_kernel.services.commands import dispatch
from shared_kernel.services.tokens import SCOPES, IssueToken
from tests.factories import a_copy, a_loan
from tests.integration.entry_points.access_table import API

pytestmark = pytest.mark.django_db
_handler = ClientHandler(enforce_csrf_checks=False)


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Answers as in life, but leaves the test's database connection open."""
    response = _handler(environ)
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return list(response)


SCHEMA = schemathesis.openapi.from_wsgi(
    "/api/schema/", application, headers={"Accept": "application/vnd.oai.openapi+json"}
)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]


def refuses_what_it_does_not_describe(context: Any, response: Any, case: Any) -> bool | None:
    """An empty parameter counts as absent, as browsers' forms send it; the schema has no word for that."""
    if "" in (case.query or {}).values():
        return None
    refused: bool | None = checks.negative_data_rejection(context, response, case)
    return refused


CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    refuses_what_it_does_not_describe,
]


@pytest.fixture
def token(db: None) -> str:
    """A machine's with every scope; there are things for it to find."""
    a_loan(copy_barcode=a_copy().barcode)
    return dispatch(IssueToken(name="machine", scopes=SCOPES)).token


def test_every_route_is_in_the_schema() -> None:
    described = {(operation.method.upper(), operation.path) for operation in OPERATIONS}
    assert len(described) == sum(len(methods) for methods in API.values())


def test_the_schema_is_made_once_a_process(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get("/api/schema/", headers={"Accept": "application/json"})
    monkeypatch.setattr(SchemaGenerator, "get_schema", None)
    again = client.get("/api/schema/", headers={"Accept": "application/json"})
    assert (again.status_code, again.content) == (200, first.content)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_an_operation_answers_as_described(operation: Any, mode: GenerationMode, token: str) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=8,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)

    ask()
