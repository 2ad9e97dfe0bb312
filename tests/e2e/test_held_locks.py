"""A row that somebody has locked and forgotten costs those who need that row, and nobody else."""

import re
import secrets
import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.cookiejar import CookieJar
from time import monotonic
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import psycopg
import pytest

from tests.conftest import ON_POSTGRESQL
from tests.e2e.api_client import ApiClient, Patron
from tests.e2e.conftest import database
from tests.e2e.observation import eventually
from tests.system import System

pytestmark = pytest.mark.xdist_group("slow_clients")
row_locks = pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite has one lock for all")

LOCK_SECONDS = 8
WRITER_SECONDS = 3.0
#: More than may wait in both web processes.
CROWD = 24


@pytest.fixture(scope="module")
def desk(request: pytest.FixtureRequest) -> Iterator[ApiClient]:
    """The desk of a web server of its own."""
    with database(request) as setting, System(**setting, DATABASE_LOCK_TIMEOUT=str(LOCK_SECONDS)) as system:
        system.manage("migrate", "--verbosity", "0")
        system.start("web")
        yield _Desk.of(system)


class _Desk(ApiClient):
    database_url: str
    system: System

    @classmethod
    def of(cls, system: System) -> "_Desk":
        desk = super().of(system)
        assert isinstance(desk, _Desk)
        desk.system = system
        desk.database_url = system.settings.get("DATABASE_URL", "")
        return desk


class Browser:
    """Somebody who logs in and out by the pages."""

    def __init__(self, desk: ApiClient) -> None:
        assert isinstance(desk, _Desk)
        self._desk = desk
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def log_in(self, *, password: str = "") -> int:
        """Enter a login's password; tell the status."""
        name = f"login-{secrets.token_hex(4)}"
        if not password:
            password = self._desk.system.ask("create_login", name, "--role", "librarian")["password"]
        return self._send("/login", username=name, password=password)

    def log_out(self) -> int:
        """End the session; tell the status."""
        return self._send("/logout")

    def _send(self, path: str, **fields: str) -> int:
        try:
            with self._opener.open(f"{self._desk.url}/login", timeout=30) as page:
                (token,) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())[:1]
            form = urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
            with self._opener.open(f"{self._desk.url}{path}", form, timeout=30) as answer:
                return int(answer.status)
        except HTTPError as error:
            with error:
                return error.code


@contextmanager
def forgotten(desk: ApiClient, patron: Patron) -> Iterator[psycopg.Connection]:
    """A transaction that has locked a patron's row and waits for nothing."""
    assert isinstance(desk, _Desk)
    with psycopg.connect(desk.database_url) as somebody:
        locked = somebody.execute("SELECT 1 FROM patrons_patronrow WHERE id = %s FOR UPDATE", [patron.id])
        assert locked.fetchone()
        yield somebody


def waiting(desk: ApiClient) -> int:
    assert isinstance(desk, _Desk)
    with psycopg.connect(desk.database_url) as watcher:
        found = watcher.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return int(found.fetchone()[0])  # type: ignore[index]  # a count has a row


@row_locks
class TestALockedRow:
    def test_stops_nobody_else(self, desk: ApiClient) -> None:
        needed, other = desk.register(), desk.register()
        barcodes = desk.add_copies(CROWD + 1)
        with ThreadPoolExecutor(CROWD) as crowd:
            with forgotten(desk, needed):
                asked = [crowd.submit(desk.borrow, barcode, needed) for barcode in barcodes[1:]]
                eventually(lambda: any(each.done() for each in asked) and waiting(desk), within=LOCK_SECONDS)
                begun = monotonic()
                assert desk.get("/health").status == 200
                assert desk.lend(barcodes[0], other)
                assert monotonic() - begun < LOCK_SECONDS / 2
            answers = [each.result() for each in asked]
        refused = [answer for answer in answers if answer.status == 503]
        assert {answer.status for answer in answers} <= {201, 503}
        assert any(answer.status == 201 for answer in answers)
        assert refused
        assert {answer.codes[0] for answer in refused} == {"overloaded"}
        assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)


@row_locks
class TestAKeyInFlight:
    def test_stops_nobody_else(self, desk: ApiClient) -> None:
        needed, other = desk.register(), desk.register()
        barcode, another = desk.add_copies(2)
        with ThreadPoolExecutor(4) as crowd:
            with forgotten(desk, needed):
                asked = [crowd.submit(desk.borrow, barcode, needed, key="in-flight-1") for _ in range(4)]
                eventually(lambda: waiting(desk) > 1, within=LOCK_SECONDS)
                begun = monotonic()
                assert desk.lend(another, other)
                assert monotonic() - begun < LOCK_SECONDS / 2
                # One of them has the key and waits for the row; the others have waited for the key.
                eventually(lambda: any(each.done() for each in asked), within=LOCK_SECONDS)
            answers = [each.result() for each in asked]
        in_flight = [answer for answer in answers if answer.status == 409]
        assert {answer.codes[0] for answer in in_flight} == {"idempotency_key_in_flight"}
        assert {answer.headers["Retry-After"] for answer in in_flight} == {"3"}
        assert len({answer.json["id"] for answer in answers if answer.status == 201}) == 1
        assert {answer.status for answer in answers} == {201, 409}


@contextmanager
def locked(desk: ApiClient, *statements: str) -> Iterator[None]:
    """A transaction that has done this, and that nobody ends."""
    assert isinstance(desk, _Desk)
    with psycopg.connect(desk.database_url) as somebody:
        for statement in statements:
            somebody.execute(statement)
        yield


def is_held_up_by_nobody(desk: ApiClient, asked: list[Future[int]]) -> None:
    """Fail unless others are served at once, and those that met the lock are soon asked to come again.

    A busy machine takes some seconds for that; each place that waits for the lock is held for eight.
    """
    begun = monotonic()
    assert desk.get("/health").status == 200
    assert desk.get("/api/v1/patrons").status == 200
    assert monotonic() - begun < LOCK_SECONDS
    assert {each.result() for each in asked} == {503}
    assert monotonic() - begun < 2 * LOCK_SECONDS


@row_locks
class TestALockOutsideOfACommand:
    def test_of_a_table_that_is_read(self, desk: ApiClient) -> None:
        with (
            ThreadPoolExecutor(CROWD) as crowd,
            locked(desk, "LOCK TABLE catalog_bookrow IN ACCESS EXCLUSIVE MODE"),
        ):
            asked = [crowd.submit(lambda: desk.get("/api/v1/books").status) for _ in range(CROWD // 2)]
            is_held_up_by_nobody(desk, asked)

    def test_of_a_session_that_is_put_off(self, desk: ApiClient) -> None:
        assert isinstance(desk, _Desk)
        browser = Browser(desk)
        assert browser.log_in() == 200
        forget = "UPDATE shared_kernel_loginsession SET session_data = session_data"
        with ThreadPoolExecutor(CROWD) as crowd, locked(desk, forget):
            asked = [crowd.submit(browser.log_out) for _ in range(CROWD // 2)]
            is_held_up_by_nobody(desk, asked)

    def test_of_the_counts_of_wrong_passwords(self, desk: ApiClient) -> None:
        Browser(desk).log_in(password="wrong")
        with (
            ThreadPoolExecutor(CROWD) as crowd,
            locked(desk, "UPDATE shared_kernel_guesscount SET failures = failures"),
        ):
            # Each costs a password hash's time of a processor.
            asked = [crowd.submit(lambda: Browser(desk).log_in(password="wrong")) for _ in range(CROWD // 4)]
            is_held_up_by_nobody(desk, asked)


@pytest.mark.skipif(ON_POSTGRESQL, reason="PostgreSQL's writers don't exclude each other")
class TestAWriterThatHoldsTheDatabase:
    def test_stops_no_reader_and_is_waited_for(self, desk: ApiClient) -> None:
        assert isinstance(desk, _Desk)
        patron, (barcode,) = desk.register(), desk.add_copies(1)
        with (
            ThreadPoolExecutor(2) as crowd,
            closing(sqlite3.connect(desk.system.folder / "var" / "library.sqlite3")) as writer,
        ):
            writer.execute("BEGIN IMMEDIATE")
            borrowed = [crowd.submit(desk.borrow, barcode, patron, key="sqlite-1") for _ in range(2)]
            begun = monotonic()
            while monotonic() - begun < WRITER_SECONDS:
                answers = [desk.get(path) for path in ("/health", "/api/v1/books", "/api/v1/patrons")]
                assert {answer.status for answer in answers} == {200}, [answer.text for answer in answers]
                assert max(answer.seconds for answer in answers) < WRITER_SECONDS - 1, answers
            assert not any(each.done() for each in borrowed)
            writer.rollback()
            assert [each.result().status for each in borrowed] == [201, 201]
