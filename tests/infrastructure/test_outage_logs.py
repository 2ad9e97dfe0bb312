"""What is logged while a service is away is bounded: once when it goes, once when it is back."""

import json
from collections.abc import Iterator
from time import monotonic

import pytest

from tests.e2e.api_client import ApiClient
from tests.e2e.observation import eventually
from tests.services.daemon import wait_until
from tests.services.postgresql import Postgres, postgresql
from tests.services.rabbitmq import RabbitMQ, rabbitmq
from tests.services.server import Missing
from tests.system import System, remove

pytestmark = [pytest.mark.xdist_group("outage logs"), pytest.mark.timeout(300)]

#: While nothing is there, each process tries several times a second or two; so long it is watched.
WATCHED_SECONDS = 10.0
#: A process may say this often in an outage that something is away or back, or something else once.
MOST_LINES = 6
PROCESSES = ("worker", "beat", "relay", "consumer-lending")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    server = postgresql(private=True)
    if isinstance(server, Missing):
        pytest.skip(server.reason)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def broker() -> Iterator[RabbitMQ]:
    broker = rabbitmq(private=True)
    if isinstance(broker, Missing):
        pytest.skip(broker.reason)
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def system(server: Postgres, broker: RabbitMQ) -> Iterator[System]:
    with System(
        DATABASE_URL=server.create_database("outages"),
        RABBITMQ_URL=broker.url,
        CIRCUIT_BREAKER_RABBITMQ_TIMEOUT="1.0",
        LOG_FORMAT="json",
    ) as system:
        system.manage("migrate", "--verbosity", "0")
        system.start("web", *PROCESSES)
        yield system


class Watch:
    """The lines that a process logs from now on, but for those about requests that were answered."""

    def __init__(self, system: System) -> None:
        self._system, self._before = system, system.log_lengths()

    def lines(self, name: str) -> list[str]:
        """One line a printed line: a traceback would be many."""
        said = self._system.log(name).read_bytes()[self._before[name] :].decode()
        return [line for line in said.splitlines() if '"event": "request"' not in line]

    def events(self, name: str) -> list[str]:
        """What the lines are about."""
        return [json.loads(line)["event"] for line in self.lines(name) if line.startswith("{")]

    def told(self, event: str, names: tuple[str, ...]) -> bool:
        """Whether each of these processes has said so."""
        return all(event in self.events(name) for name in names)

    def everything(self) -> str:
        """For a failure."""
        return "\n".join(f"{name}: {line[:300]}" for name in self._before for line in self.lines(name))

    def is_bounded(self, names: tuple[str, ...], *events: str) -> None:
        """Fail unless each said each event once, little else, and printed no traceback."""
        for name in names:
            said = self.events(name)
            assert [said.count(event) for event in events] == [1] * len(events), (name, self.everything())
            assert len(self.lines(name)) <= MOST_LINES, (name, self.everything())
        assert "Traceback" not in self.everything()


def watch_for(seconds: float, asking: ApiClient | None = None) -> None:
    """Let time pass, with requests meanwhile."""
    until = monotonic() + seconds

    def over() -> bool:
        if asking:
            for path in ("/api/v1/books", "/", "/health/ready", "/metrics"):
                asking.get(path)
        return monotonic() > until

    wait_until(over, seconds=6 * seconds)


class TestTheBroker:
    def test_is_said_to_be_away_once_and_to_be_back_once(self, system: System, broker: RabbitMQ) -> None:
        watch = Watch(system)
        broker.stop_app()
        system.manage("register_patron", "Ada Lovelace", "ada@example.org")
        eventually(lambda: watch.told("broker_away", PROCESSES), within=60, instead=watch.everything)
        watch_for(WATCHED_SECONDS)
        broker.start_app()
        eventually(lambda: watch.told("broker_back", PROCESSES), within=90, instead=watch.everything)
        watch.is_bounded(PROCESSES, "broker_away", "broker_back")
        assert len(watch.lines("web")) <= MOST_LINES


class TestTheDatabase:
    def test_is_said_to_be_away_once_and_to_be_back_once(self, system: System, server: Postgres) -> None:
        names, desk, watch = ("web", "worker", "relay"), ApiClient(system.url), Watch(system)
        assert server.process
        server.process.stop()
        try:
            eventually(
                lambda: desk.get("/health/ready").status and watch.told("database_away", ("worker", "relay")),
                within=60,
                instead=watch.everything,
            )
            watch_for(WATCHED_SECONDS, desk)
        finally:
            server.process.start()
        assert wait_until(server.answers, seconds=30)
        eventually(
            lambda: desk.get("/health/ready").status and watch.told("database_back", names),
            within=60,
            instead=watch.everything,
        )
        for name in names:
            said = watch.events(name)
            processes = 2 if name == "web" else 1  # granian's two, each with an outage of its own
            assert 1 <= said.count("database_away") <= processes, watch.everything()
            assert len(watch.lines(name)) <= MOST_LINES, watch.everything()
        assert "Traceback" not in watch.everything()


class TestAWorkerWithoutItsFolder:
    def test_logs_little_and_stays(self) -> None:
        with System(LOG_FORMAT="json") as system:
            system.manage("migrate", "--verbosity", "0")
            system.start("worker")
            watch = Watch(system)
            remove(system.folder / "var")
            watch_for(WATCHED_SECONDS)
            assert system.processes["worker"].is_running(), watch.everything()
            assert len(watch.lines("worker")) <= MOST_LINES, watch.everything()
            assert "Traceback" not in watch.everything()
            assert "Exception in thread" not in watch.everything()
