"""Every refusal that the OpenAPI document declares of an operation is one that it answers.

That nothing undeclared is answered is checked of each answer of every integration test (../conftest.py).
"""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from shared_kernel.services.tokens import clear_token_cache
from shared_kernel.web.token_bucket import requests
from tests.integration.declared import declared
from tests.integration.entry_points.access_table import API
from tests.integration.refusals.anything import faults
from tests.integration.refusals.call import Call, codes_of
from tests.integration.refusals.examples import EXAMPLES
from tests.integration.refusals.lending import LENDING
from tests.integration.refusals.neighbours import CATALOG, PATRONS
from tests.integration.refusals.unreached import ANYWHERE, UNREACHED

pytestmark = pytest.mark.django_db
CASES = {**CATALOG, **PATRONS, **LENDING}


@pytest.fixture
def root() -> Client:
    """Somebody who may do everything."""
    requests.forget()
    clear_token_cache()
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("root"))
    return client


def codes_declared(operation: str) -> set[tuple[int, str]]:
    """The status and code of each problem that the document names of an operation."""
    for (method, address), answers in declared().items():
        route = re.sub(r"\{\w+\}", "{}", address).removeprefix("/api/v1/")
        if f"{method} {route}" == operation:
            return {(status, code) for status, (codes, _) in answers.items() for code in codes}
    raise AssertionError(operation)


def test_every_operation_has_an_example() -> None:
    assert EXAMPLES.keys() == {f"{method} {route}" for route, methods in API.items() for method in methods}
    assert CASES.keys() | UNREACHED.keys() <= EXAMPLES.keys()


@pytest.mark.parametrize("operation", EXAMPLES)
def test_an_example_is_carried_out(operation: str, root: Client) -> None:
    answer = EXAMPLES[operation]().send(operation.split(maxsplit=1)[0], root)
    assert answer.status_code < 300, answer.content


@pytest.mark.parametrize(
    ("operation", "code", "request_of"),
    [
        pytest.param(operation, code, call, id=f"{operation} {code}")
        for operation, cases in CASES.items()
        for code, call in cases.items()
    ],
)
def test_a_refusal_is_answered(
    operation: str, code: str, request_of: Callable[[], Call], root: Client
) -> None:
    answer = request_of().send(operation.split(maxsplit=1)[0], root)
    assert codes_of(answer)[1] == code, answer.content
    assert codes_of(answer) in codes_declared(operation)


@pytest.mark.parametrize("operation", EXAMPLES)
def test_what_is_declared_is_answered(operation: str, root: Client) -> None:
    method, route = operation.split()
    unreached = UNREACHED.get(operation, {}).keys()
    assert unreached <= codes_declared(operation)
    assert not {code for _, code in unreached} & CASES.get(operation, {}).keys()
    left = {each for each in codes_declared(operation) if each[1] not in CASES.get(operation, {})}
    left -= ANYWHERE.keys() | unreached
    for client, call in faults(method, route, EXAMPLES[operation], root=root):
        left.discard(codes_of(call.send(method, client)))
        if not left:
            return
    raise AssertionError(f"declared, but answered to nothing that was tried: {sorted(left)}")
