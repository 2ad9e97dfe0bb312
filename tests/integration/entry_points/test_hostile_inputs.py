"""No input yields a 500: whatever is sent, the answer is a problem that says what is wrong, and no more."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared_kernel.services.commands import dispatch
from shared_kernel.services.tokens import SCOPES, IssueToken
from shared_kernel.web.problem_details import CONTENT_TYPE
from tests.factories import a_copy, a_loan
from tests.integration.entry_points.access_table import API, PAGES
from tests.integration.entry_points.hostile import (
    BODIES,
    HEADERS,
    JSON,
    QUERIES,
    RIGHT_TO_LEFT,
    SEGMENTS,
    VALUES,
    ZERO_WIDTH,
    secrets_in,
)
from tests.integration.entry_points.routes import NOBODY, fields_of_bodies, routes

pytestmark = pytest.mark.django_db

EXAMPLES = {route.pattern: route.example for route in routes("api/v1/")}
ASKED = [(method, pattern) for pattern in API if pattern in EXAMPLES for method in API[pattern]]
WRITING = [(method, pattern) for method, pattern in ASKED if method not in {"GET", "DELETE"}]
READING = [pattern for method, pattern in ASKED if method == "GET"]
BODY_FIELDS = fields_of_bodies()
#: They take a form with a file, and no JSON, however well it is written.
UPLOADS = {"imports"}
VARYING = [(method, pattern) for method, pattern in ASKED if "{}" in pattern]


class Attacker:
    """A machine that may do everything but own a library card; `ask` judges every answer."""

    def __init__(self, rows: Callable[[], dict[str, int]]) -> None:
        token = dispatch(IssueToken(name="attacker", scopes=SCOPES)).token
        self._client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})
        self._rows = rows
        a_loan(copy_barcode=a_copy().barcode)

    def ask(
        self, method: str, address: str, body: bytes = b"", content_type: str = "", **headers: str
    ) -> tuple[int, list[str]]:
        """The status and, of a refusal, the codes."""
        before = self._rows() if method != "GET" else {}
        response = self._client.generic(method, address, body, content_type, headers=headers)
        said = response.content.decode() if not response.streaming else ""
        about = (method, address[:200], content_type, body[:80], list(headers.items())[:3], said[:500])
        assert response.status_code < 500, about
        if response.status_code < 400:
            return response.status_code, []
        assert not secrets_in(said), about
        assert not before or self._rows() == before, about
        if "text/html" in headers.get("Accept", "") and response["Content-Type"].startswith("text/html"):
            return response.status_code, []  # the same problem, on a page
        assert response["Content-Type"] == CONTENT_TYPE, about
        problem = json.loads(said)
        assert problem["status"] == response.status_code, about
        assert problem["code"] == problem["errors"][0]["code"], about
        assert problem["title"], about
        assert problem["detail"], about
        assert problem["request_id"], about
        assert len(said) < 100_000, about
        return response.status_code, [error["code"] for error in problem["errors"]]


@pytest.fixture
def attacker(rows: Callable[[], dict[str, int]], visit: Any) -> Attacker:
    return Attacker(rows)


def expected_statuses(statuses: set[int], method: str, pattern: str) -> set[int]:
    """An action that asks for no body reads none before it knows the thing, so 404 will do, too."""
    if pattern in UPLOADS:
        return statuses | {415}
    return statuses | ({404} if "{}" in pattern else set())


class TestABody:
    @pytest.mark.parametrize("wrong", BODIES)
    def test_is_refused_for_what_is_wrong_with_it(self, wrong: str, attacker: Attacker) -> None:
        content_type, body, statuses = BODIES[wrong]
        for method, pattern in WRITING:
            status, _ = attacker.ask(method, EXAMPLES[pattern], body, content_type)
            assert status in expected_statuses(statuses, method, pattern), (method, pattern, status)

    @pytest.mark.parametrize("value", VALUES, ids=lambda value: str(value)[:30])
    def test_of_odd_values_is_refused(self, value: object, attacker: Attacker) -> None:
        for (method, pattern), fields in BODY_FIELDS.items():
            if fields:
                body = json.dumps(dict.fromkeys(fields, value)).encode()
                status, _ = attacker.ask(method, EXAMPLES[pattern], body, JSON)
                assert status in {404, 409, 412, 415, 422}, (method, pattern, status)

    def test_names_the_field_that_is_wrong(self, attacker: Attacker) -> None:
        assert attacker.ask("POST", "/api/v1/books", b'{"tytle": "x"}', JSON)[1][0] == "unknown_field"
        assert attacker.ask("POST", "/api/v1/books", b'{"a": 1, "a": 1}', JSON) == (400, ["duplicate_key"])
        assert attacker.ask("POST", "/api/v1/books", b"[]", JSON) == (422, ["not_an_object"])

    @pytest.mark.parametrize("title", [ZERO_WIDTH, "\u2060", "\u00a0 \t", RIGHT_TO_LEFT[:1]])
    def test_with_a_title_that_nobody_sees_is_refused(self, title: str, attacker: Attacker) -> None:
        body = json.dumps({"title": title, "authors": ["A"]}).encode()
        assert attacker.ask("POST", "/api/v1/books", body, JSON)[0] == 422


class TestAQuery:
    @pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:40])
    def test_is_refused_or_harmless(self, query: str, attacker: Attacker) -> None:
        for pattern in READING:
            status, _ = attacker.ask("GET", f"{EXAMPLES[pattern]}?{query}")
            assert status in {200, 400, 404, 413, 422} | ({403} if pattern == "me" else set()), pattern

    @pytest.mark.parametrize(
        ("query", "status", "code"),
        [
            ("page_size=0", 422, "page_size_invalid"),
            ("ordering=password", 422, "unknown_field"),
            ("no_such_parameter=1", 422, "unknown_field"),
            ("password__startswith=p", 422, "unknown_field"),
            ("cursor=garbage", 400, "cursor_invalid"),
            ("q=%00", 422, "invalid_text"),
        ],
    )
    def test_of_a_list_says_what_is_wrong(
        self, query: str, status: int, code: str, attacker: Attacker
    ) -> None:
        for pattern in ("books", "patrons", "loans", "holds"):
            found, codes = attacker.ask("GET", f"/api/v1/{pattern}?{query}")
            known_there = (pattern, query) == ("books", "ordering=password")
            assert (found, codes) == (status, ["invalid_choice" if known_there else code]), pattern

    def test_with_a_cursor_of_another_list_is_refused(self, attacker: Attacker) -> None:
        for _ in range(2):
            a_copy()
        page = Client().get("/api/v1/books?page_size=1").json()
        cursor = page["next"].partition("cursor=")[2]
        assert attacker.ask("GET", f"/api/v1/books?page_size=1&cursor={cursor}")[0] == 200
        for address in (f"books?q=a&cursor={cursor}", f"loans?cursor={cursor}", f"patrons?cursor={cursor}"):
            assert attacker.ask("GET", f"/api/v1/{address}") == (400, ["cursor_invalid"])

    def test_on_a_command_is_refused(self, attacker: Attacker) -> None:
        status, codes = attacker.ask("POST", "/api/v1/returns?copy_barcode=x", b'{"copy_barcode": "x"}', JSON)
        assert (status, codes) == (422, ["unknown_field"])


class TestAHeader:
    @pytest.mark.parametrize("headers", HEADERS, ids=lambda headers: str(headers)[:50])
    def test_is_refused_or_harmless(self, headers: dict[str, str], attacker: Attacker) -> None:
        addresses = [
            ("GET", f"/api/v1/{pattern}") for pattern in ("books", "loans", f"patrons/{NOBODY}", "nothing")
        ]
        addresses += [("POST", "/api/v1/books"), ("PATCH", f"/api/v1/books/{NOBODY}")]
        for method, address in addresses:
            status, _ = attacker.ask(method, address, b"{}" if method != "GET" else b"", JSON, **headers)
            assert status in {200, 400, 401, 404, 406, 412, 415, 422}, (method, address, status)

    def test_names_no_other_host_in_links(self, attacker: Attacker) -> None:
        a_copy(), a_copy()
        client = Client(headers={"X-Forwarded-Host": "evil.example.org"})
        assert "evil" not in client.get("/api/v1/books?page_size=1").content.decode()


class TestAPath:
    @pytest.mark.parametrize("segment", SEGMENTS, ids=lambda segment: segment[:30])
    def test_leads_nowhere(self, segment: str, attacker: Attacker) -> None:
        for method, pattern in VARYING:
            address = f"/api/v1/{pattern.replace('{}', segment)}"
            body = b"{}" if method != "GET" else b""
            status, _ = attacker.ask(method, address, body, JSON)
            assert status in {404, 405, 415, 422}, (method, address, status)

    @pytest.mark.parametrize(
        "path", ["", "/", "//books", "/books/", "/books//", "/BOOKS", "/books.json", "/../admin/", "/%2e%2e/"]
    )
    def test_is_not_guessed(self, path: str, attacker: Attacker) -> None:
        assert attacker.ask("GET", f"/api/v1{path}")[0] in {404, 301}

    @pytest.mark.parametrize("page", [page for page in PAGES if not page.startswith(("api/", "health"))])
    def test_of_a_page_is_answered_with_a_page(self, page: str, visit: Any) -> None:
        client: Client = visit("librarian")
        for query in QUERIES:
            response = client.get(f"/{page.replace('{}', str(NOBODY))}?{query}")
            assert response.status_code < 500, (page, query)
            assert not secrets_in(response.content.decode().replace("application/vnd", ""))
        for content_type, body, _ in BODIES.values():
            response = client.generic("POST", f"/{page.replace('{}', str(NOBODY))}", body, content_type)
            assert response.status_code < 500, (page, content_type, body[:50])


texts = st.text(max_size=30) | st.sampled_from([ZERO_WIDTH, RIGHT_TO_LEFT, "\x00", str(NOBODY), "2024-01-15"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    *("title", "authors", "isbn", "year", "subjects", "barcode", "item_type", "branch", "price", "condition"),
    *(
        "name",
        "email",
        "category",
        "card_number",
        "expires_on",
        "reason",
        "until",
        "copy_barcode",
        "patron_card",
    ),
    *(
        "override",
        "returned_at",
        "book",
        "copy",
        "pickup_branch",
        "order",
        "values",
        "code",
        "time_zone",
        "from",
    ),
    *("closed_weekdays", "to", "amount", "charge", "q", "page_size", "cursor", "ordering", "patron", "state"),
)
objects = st.dictionaries(st.sampled_from(FIELDS) | texts, values, max_size=6)
encoded = objects.map(lambda body: json.dumps(body).encode("utf-8", "surrogatepass"))
queries = st.lists(st.tuples(st.sampled_from(FIELDS) | texts, texts), max_size=4)


class TestAnything:
    @given(
        route=st.sampled_from(WRITING),
        body=encoded | st.binary(max_size=60),
        content_type=st.sampled_from([JSON, f"{JSON}; charset=utf-8", "text/plain", "multipart/form-data"]),
    )
    @settings(
        max_examples=150,
        derandomize=True,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    def test_in_a_body_is_answered(
        self, attacker: Attacker, route: tuple[str, str], body: bytes, content_type: str
    ) -> None:
        attacker.ask(route[0], EXAMPLES[route[1]], body, content_type)

    @given(pattern=st.sampled_from(READING), query=queries)
    @settings(
        max_examples=150,
        derandomize=True,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    def test_in_a_query_is_answered(
        self, attacker: Attacker, pattern: str, query: list[tuple[str, str]]
    ) -> None:
        pairs = [(quote(name, errors="replace"), quote(value, errors="replace")) for name, value in query]
        attacker.ask("GET", f"{EXAMPLES[pattern]}?" + "&".join(f"{name}={value}" for name, value in pairs))
