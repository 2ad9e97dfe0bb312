"""Who may not be there is told so, and nothing else about the request."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.integration.entry_points.access_table import ADMINISTRATION, ANONYMOUS, API, FRONT, OF_A_ROW, PAGES
from tests.integration.entry_points.conftest import Visit
from tests.integration.entry_points.routes import routes

pytestmark = pytest.mark.django_db

#: What a request that is wrong in every other way as well says of itself.
ABSURD: tuple[dict[str, Any], ...] = (
    {"headers": {"Accept": "image/png"}},
    {"headers": {"Accept": "text/csv;q=x, ,/"}},
    {"headers": {"Accept": "application/json;q=0"}},
    {"content_type": "image/png", "data": b"\x89PNG"},
    {"content_type": "application/json; charset=klingon", "data": b"{}"},
    {"content_type": "application/json", "data": b'{"a": 1, "a"'},
    {"content_type": "multipart/form-data", "data": b"no boundary"},
    {"content_type": "multipart/form-data; boundary=x", "data": b"--x\r\nbroken"},
    {"content_type": "a/b/c;;=", "data": b"\xff"},
    {"headers": {"Idempotency-Key": "!"}},
    {"headers": {"If-Match": "garbage"}},
    {"headers": {"Content-Encoding": "gzip"}, "content_type": "application/json", "data": b"\x1f"},
    {"QUERY_STRING": "q=%00"},
    {"QUERY_STRING": "page_size=0&cursor=garbage&format=png&unknown=1"},
)
_EXAMPLES = {route.pattern: route.example for route in routes()}
PRIVATE_API = [
    (method, pattern)
    for pattern, methods in API.items()
    for method, visitors in methods.items()
    if ANONYMOUS not in visitors
]
PRIVATE_PAGES = [
    (method, pattern)
    for pattern, methods in PAGES.items()
    for method, visitors in methods.items()
    if ANONYMOUS not in visitors
]
_ROWS = [f"admin/{rows}/{end}" for rows in ADMINISTRATION for end in ("", "add/", "{}/change/")]
PRIVATE_ADMIN = [
    *_ROWS,
    *(f"admin/{page}" for page in FRONT if page != "logout/"),
    *(f"admin/{page}" for page in OF_A_ROW),
]


def ask(client: Client, method: str, address: str, absurd: dict[str, Any]) -> Any:
    sent = {"data": b"", "content_type": "", **absurd}
    return client.generic(method, address, **sent)


@pytest.mark.parametrize(("method", "pattern"), PRIVATE_API)
class TestTheApi:
    def test_says_401_to_a_stranger_whatever_else_is_wrong(self, method: str, pattern: str) -> None:
        client = Client(raise_request_exception=False)
        for absurd in ABSURD:
            response = ask(client, method, _EXAMPLES[f"api/v1/{pattern}"], absurd)
            assert response.status_code == 401, (absurd, response.content)
            assert response["WWW-Authenticate"]
            assert response["Content-Type"] == "application/problem+json"

    def test_says_403_to_a_login_without_any_role(self, method: str, pattern: str) -> None:
        client = Client(raise_request_exception=False)
        client.force_login(User.objects.create_user("nobody"))
        for absurd in ABSURD:
            response = ask(client, method, _EXAMPLES[f"api/v1/{pattern}"], absurd)
            assert response.status_code == 403, (absurd, response.content)


@pytest.mark.parametrize(("method", "pattern"), PRIVATE_PAGES)
def test_a_page_sends_strangers_to_log_in_whatever_else_is_wrong(method: str, pattern: str) -> None:
    client = Client(raise_request_exception=False)
    for absurd in ABSURD:
        if "Content-Encoding" in absurd.get("headers", {}):
            continue  # of a page's body, the server's edge says at once that it was not read
        response = ask(client, method, _EXAMPLES[pattern], absurd)
        assert response.status_code == 302, (absurd, response.content)
        assert response["Location"].startswith("/login")


@pytest.mark.parametrize("pattern", PRIVATE_ADMIN)
def test_the_administration_lets_no_stranger_in_whatever_else_is_wrong(pattern: str, visit: Visit) -> None:
    for visitor, statuses in ((ANONYMOUS, {302}), ("patron", {302, 403})):
        for absurd in ABSURD[:8:3] + ABSURD[-2:]:
            for method in ("GET", "POST"):
                response = ask(visit(visitor), method, _EXAMPLES[pattern], absurd)
                assert response.status_code in statuses, (visitor, method, absurd, response.content[:300])
