"""Nobody is held up by a client that sends or reads slowly, and nothing is done on half a request."""

import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.e2e.api_client import ApiClient
from tests.e2e.conftest import database
from tests.e2e.observation import eventually, logged_errors
from tests.e2e.raw_http import (
    RawResponse,
    chunked,
    connected,
    exchange,
    head,
    response_time,
    slow_connections,
)
from tests.system import System

pytestmark = pytest.mark.xdist_group("slow_clients")

#: What 99 of 100 answers of /health may take longer than while nobody dawdles, and how many times as long.
HEALTH_SECONDS, HEALTH_TIMES = 0.1, 3
FORM = {"Content_Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content_Type": "multipart/form-data; boundary=B"}


@pytest.fixture(scope="module")
def served(request: pytest.FixtureRequest) -> Iterator[tuple[System, ApiClient]]:
    """A web server alone, with a desk."""
    with database(request) as setting, System(**setting) as system:
        system.manage("migrate", "--verbosity", "0")
        system.manage("seed_demo", "--books", "4000", "--patrons", "1", "--loans", "1")
        desk = ApiClient.of(system)
        system.start("web")
        yield system, desk
        assert logged_errors(system.logs()) == ""


def bearer(desk: ApiClient) -> dict[str, str]:
    return dict(desk._headers)


def health(url: str) -> None:
    assert exchange(url, head("GET", "/health")).status == 200


def health_seconds(url: str) -> float:
    return response_time(lambda: health(url), times=100)


class TestDawdlingClients:
    def test_hold_nobody_up(self, served: tuple[System, ApiClient]) -> None:
        system, desk = served
        [barcode], patron = desk.add_copies(), desk.register()
        token = bearer(desk)
        bodies = [
            head("POST", "/login", Content_Length="900", **FORM) + b"a",
            head("POST", "/login", Content_Length="900", **MULTIPART) + b"--B\r\n",
            head("POST", "/login", Transfer_Encoding="chunked", **FORM) + b"384\r\na",
            head("POST", "/health", Content_Length="900") + b"a",
            head("POST", "/nosuch", Content_Length="900") + b"a",
            head("POST", "/admin/login/", Content_Length="900", **FORM) + b"a",
            head("POST", "/api/v1/loans", Content_Length="900", Content_Type="application/json", **token),
            head("POST", "/api/v1/imports", Content_Length="9000000", **MULTIPART, **token) + b"--B\r\n",
            b"GET /health HTTP/1.1\r\nHost: local",
            b"POST /login HTTP/1.1\r\nX-Long: ",
        ]
        undisturbed = health_seconds(system.url)
        with slow_connections(system.url, bodies * 20):
            # Another test may start its processes just now; whoever dawdles, dawdles in each round.
            best = min(health_seconds(system.url) for _ in range(3))
            assert best < HEALTH_SECONDS + HEALTH_TIMES * undisturbed
            assert desk.lend(barcode, patron)
            assert desk.give_back(barcode).status == 200

    def test_are_told_when_their_time_is_up(self, served: tuple[System, ApiClient]) -> None:
        system, _ = served
        with connected(system.url) as wire:
            wire.sendall(head("POST", "/login", Content_Length="900", **FORM) + b"a")
            reply = RawResponse(wire)
        assert (reply.status, reply.json["code"]) == (408, "request_timeout")
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.headers["connection"] == "close"


class TestClientsThatReadSlowly:
    def test_hold_nobody_up_and_keep_no_place(self, served: tuple[System, ApiClient]) -> None:
        system, desk = served
        path = "/api/v1/exports/books"
        wanted = head("GET", path, Accept="application/marcxml+xml", **bearer(desk))
        undisturbed = health_seconds(system.url)
        wires = [connected(system.url, receive_buffer=4096) for _ in range(12)]
        try:
            for wire in wires:
                wire.sendall(wanted)
                assert wire.recv(1)
            # While two long answers are written the processors are busy; then their readers cost nothing.
            enough = HEALTH_SECONDS + HEALTH_TIMES * undisturbed
            eventually(lambda: health_seconds(system.url) < enough, within=60)
            [barcode] = desk.add_copies()
            assert desk.lend(barcode, desk.register())
        finally:
            for wire in wires:
                wire.close()
        # Whoever reads on gets all of it; those who have left hold no room.
        eventually(lambda: desk.get(path).status == 200, within=30)
        whole = desk.get(path).text
        assert whole.count("\x1d") >= 4000


class TestBodiesInChunks:
    def test_are_read_whole(self, served: tuple[System, ApiClient]) -> None:
        system, desk = served
        json_ = {"Content_Type": "application/json", "Transfer_Encoding": "chunked", **bearer(desk)}
        added = exchange(
            system.url,
            head("POST", "/api/v1/books", **json_),
            chunked(b'{"title": "Emma",', b' "authors": ["A"]}'),
        )
        assert (added.status, added.json["title"]) == (201, "Emma")
        path = f"/api/v1/books/{added.json['id']}"
        changed = exchange(system.url, head("PATCH", path, **json_), chunked(b'{"title":', b' "Romola"}'))
        assert changed.status == 200
        assert desk.get(path).json["title"] == "Romola"

    def test_may_be_forms_with_files(self, served: tuple[System, ApiClient]) -> None:
        system, desk = served
        lines = (
            'Content-Disposition: form-data; name="file"; filename="a.csv"',
            "",
            "title,author\nEmma,A\n",
        )
        form = "\r\n".join(("--B", *lines, "--B--", "")).encode()
        sent = exchange(
            system.url,
            head("POST", "/api/v1/imports", Transfer_Encoding="chunked", **MULTIPART, **bearer(desk)),
            chunked(form[:40], form[40:]),
        )
        assert (sent.status, sent.json["total"]) == (202, 1)

    def test_that_break_off_have_no_effect(self, served: tuple[System, ApiClient]) -> None:
        system, desk = served
        json_ = {"Content_Type": "application/json", **bearer(desk)}
        body = json.dumps({"title": "Zyzzyva", "authors": ["A"]}).encode()
        for begun in (
            head("POST", "/api/v1/books", Transfer_Encoding="chunked", **json_) + chunked(body)[:-5],
            head("POST", "/api/v1/books", Content_Length=str(len(body) + 1), **json_) + body,
        ):
            with connected(system.url) as wire:
                wire.sendall(begun)
        before = system.log("web").read_text().count("route=/api/v1/books ")
        health(system.url)
        assert desk.get("/api/v1/books?q=zyzzyva").json["results"] == []
        assert system.log("web").read_text().count("route=/api/v1/books ") >= before


class TestLargeBodies:
    @pytest.mark.parametrize("path", ["/login", "/password", "/nosuch", "/admin/login/"])
    @pytest.mark.parametrize("in_chunks", [False, True])
    def test_of_strangers_are_refused(
        self, served: tuple[System, ApiClient], path: str, in_chunks: bool
    ) -> None:
        system, _ = served
        body = b"a=" + b"b" * 2_000_000
        size = {"Transfer_Encoding": "chunked"} if in_chunks else {"Content_Length": str(len(body))}
        reply = exchange(system.url, head("POST", path, **FORM, **size), chunked(body) if in_chunks else body)
        assert (reply.status, reply.json["code"]) == (413, "request_entity_too_large")

    def test_are_not_taken_for_a_token_that_nobody_has(self, served: tuple[System, ApiClient]) -> None:
        system, _ = served
        strange = {"Authorization": "Bearer nobodys"}
        body = b"b" * 2_000_000
        sent = head("POST", "/api/v1/imports", Content_Length=str(len(body)), **MULTIPART, **strange)
        assert exchange(system.url, sent, body).status == 401

    def test_of_the_api_have_a_limit_of_their_own(self, served: tuple[System, ApiClient]) -> None:
        system, desk = served
        json_ = {"Content_Type": "application/json", **bearer(desk)}
        for size, status in ((100_000, 422), (2_000_000, 413)):
            body = json.dumps({"title": "b" * size, "authors": ["A"]}).encode()
            sent = head("POST", "/api/v1/books", Content_Length=str(len(body)), **json_)
            assert exchange(system.url, sent, body).status == status

    def test_are_files_where_files_are_taken(self, served: tuple[System, ApiClient]) -> None:
        _, desk = served
        rows = "".join(f"Title {number},Author\n" for number in range(100_000))
        assert desk.send_file("books.csv", f"title,author\n{rows}".encode()).json["total"] == 100_000


class TestEncodedBodies:
    @pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "nonsense"])
    def test_are_refused(self, served: tuple[System, ApiClient], coding: str) -> None:
        system, desk = served
        for path, headers in (("/api/v1/books", bearer(desk)), ("/login", {})):
            sent = head("POST", path, Content_Length="2", Content_Encoding=coding, **headers) + b"{}"
            reply = exchange(system.url, sent)
            assert (reply.status, reply.json["code"]) == (415, "unsupported_content_encoding")

    def test_are_no_business_of_a_stranger(self, served: tuple[System, ApiClient]) -> None:
        system, _ = served
        sent = head("POST", "/api/v1/books", Content_Length="2", Content_Encoding="gzip") + b"{}"
        assert exchange(system.url, sent).status == 401


class TestHeaders:
    def test_with_an_underscore_are_not_taken_for_those_with_a_hyphen(
        self, served: tuple[System, ApiClient]
    ) -> None:
        system, _ = served
        sent = b"GET /health HTTP/1.1\r\nHost: localhost\r\nX_Request_Id: underscored\r\n\r\n"
        assert exchange(system.url, sent).headers["x-request-id"] != "underscored"


class TestHonestClients:
    def test_keep_their_connection(self, served: tuple[System, ApiClient]) -> None:
        system, desk = served
        place = urlsplit(system.url)
        client = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
        for method, path, body in (
            ("GET", "/health", None),
            ("HEAD", "/", None),
            ("POST", "/api/v1/returns", '{"copy_barcode": "nosuch"}'),
            ("GET", "/static/library.css", None),
        ):
            client.request(method, path, body, {"Content-Type": "application/json", **bearer(desk)})
            first = client.sock
            assert client.getresponse().read() is not None
            assert client.sock is first
        client.close()

    def test_may_all_come_at_once(self, served: tuple[System, ApiClient]) -> None:
        system, _ = served
        with ThreadPoolExecutor(30) as many:
            replies = list(many.map(lambda _: exchange(system.url, head("GET", "/")), range(90)))
        assert {reply.status for reply in replies} == {200}
