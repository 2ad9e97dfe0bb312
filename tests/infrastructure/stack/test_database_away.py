"""PostgreSQL goes away and comes back under the web process, or is held up: requests are told so, in time."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from time import monotonic

import psycopg
import pytest

from tests.e2e.api_client import ApiClient
from tests.infrastructure.stack.stack import eventually
from tests.services.daemon import wait_until
from tests.services.pgbouncer import pgbouncer
from tests.services.postgresql import Postgres, postgresql
from tests.services.server import Missing
from tests.system import System

pytestmark = [pytest.mark.postgresql, pytest.mark.xdist_group("stack"), pytest.mark.timeout(300)]

SCOPES = ("catalog:write", "patrons:read", "patrons:write", "circulation:read", "circulation:write")
#: How long a request may take while the database is away: the pool's or PgBouncer's patience, and some.
SOON = 8.0
LOCK_SECONDS = 1


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A PostgreSQL that a test may stop."""
    server = postgresql(private=True)
    if isinstance(server, Missing):
        pytest.skip(server.reason)
    yield server
    server.stop()


@pytest.fixture(scope="module", params=["pool", "connection", "pgbouncer"])
def system(request: pytest.FixtureRequest, server: Postgres) -> Iterator[System]:
    """The web server alone, connected in each way that there is, each with its own way to limit a wait."""
    direct = server.create_database(f"away_{request.param}")
    with ExitStack() as until_the_end:
        settings = {"DATABASE_LOCK_TIMEOUT": str(LOCK_SECONDS)}
        if request.param == "pool":
            settings |= {"DATABASE_URL": direct}
        elif request.param == "connection":
            settings |= {"DATABASE_URL": direct, "DATABASE_POOL": "false"}
        else:
            before = pgbouncer(server)
            if isinstance(before, Missing):
                pytest.skip(before.reason)
            until_the_end.callback(before.stop)
            settings |= {"DATABASE_URL": before.before(direct), "DATABASE_POOL": "false"}
        system = until_the_end.enter_context(System(**settings, LOG_FORMAT="json"))
        system.manage("migrate", "--verbosity", "0", DATABASE_URL=direct)
        system.start("web")
        yield system


@pytest.fixture(scope="module")
def desk(system: System) -> ApiClient:
    token = system.ask("create_token", "desk", "--scope", *SCOPES)["token"]
    return ApiClient(system.url, token)


@pytest.fixture
def _the_server_comes_back(server: Postgres) -> Iterator[None]:
    yield
    assert server.process
    server.process.start() if not server.answers() else None


@pytest.mark.usefixtures("_the_server_comes_back")
class TestWhileTheDatabaseIsAway:
    def test_requests_are_told_to_come_again_and_then_served_by_the_same_process(
        self, system: System, desk: ApiClient, server: Postgres
    ) -> None:
        assert server.process
        [barcode], patron = desk.add_copies(), desk.register()
        running = system.running()
        server.process.stop()
        for path in ("/api/v1/books", "/", "/api/v1/books"):
            refused = desk.get(path)
            assert (refused.status, refused.seconds < SOON) == (503, True), refused.text
            assert int(refused.headers["Retry-After"]) > 0
        refused = desk.borrow(barcode, patron)
        assert (refused.status, refused.codes) == (503, ["service_unavailable"])
        assert (desk.get("/health").status, desk.get("/health/ready").status) == (200, 503)
        assert desk.get("/metrics").status == 200
        server.process.start()
        assert wait_until(server.answers, seconds=30)
        eventually(lambda: desk.get("/health/ready").status == 200, within=10, instead=system.logs)
        assert {desk.get("/api/v1/books").status for _ in range(10)} == {200}
        assert desk.lend(barcode, patron)
        assert system.running().keys() >= running.keys()

    def test_no_request_suffers_from_a_restart_that_it_did_not_see(
        self, desk: ApiClient, server: Postgres
    ) -> None:
        assert {desk.get("/api/v1/books").status for _ in range(4)} == {200}
        server.restart()
        assert {desk.get("/api/v1/books").status for _ in range(10)} == {200}


class TestWhileSomebodyHoldsALock:
    def test_a_request_gives_up_in_time(self, system: System, desk: ApiClient) -> None:
        [barcode], patron = desk.add_copies(), desk.register()
        with psycopg.connect(system.settings["DATABASE_URL"]) as somebody:
            somebody.execute("SELECT 1 FROM patrons_patronrow FOR UPDATE")
            begun = monotonic()
            refused = desk.borrow(barcode, patron, key="while-somebody-holds-a-lock")
            assert LOCK_SECONDS <= monotonic() - begun < LOCK_SECONDS + 3
        assert refused.status == 503
        assert "Retry-After" in refused.headers
        assert desk.borrow(barcode, patron, key="while-somebody-holds-a-lock").status == 201

    def test_the_log_tells_of_it_without_what_was_asked(self, system: System, desk: ApiClient) -> None:
        logged = [json.loads(line) for line in system.log("web").read_text().splitlines()]
        troubles = [line for line in logged if "exception" in line]
        assert troubles
        assert not any("example.org" in line["exception"] for line in troubles)
