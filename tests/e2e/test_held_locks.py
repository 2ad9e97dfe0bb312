"""A row that somebody has locked and forgotten costs those who need that row, and nobody else."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic

import psycopg
import pytest

from tests.conftest import ON_POSTGRESQL
from tests.e2e.api_client import ApiClient, Patron
from tests.e2e.conftest import database
from tests.e2e.observation import eventually
from tests.system import System

pytestmark = [
    pytest.mark.xdist_group("slow_clients"),
    pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite has one lock for all"),
]

LOCK_SECONDS = 8
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

    @classmethod
    def of(cls, system: System) -> "_Desk":
        desk = super().of(system)
        assert isinstance(desk, _Desk)
        desk.database_url = system.settings["DATABASE_URL"]
        return desk


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
