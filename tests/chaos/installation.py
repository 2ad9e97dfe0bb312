"""A whole library on services of its own, all within reach of faults, and a supervisor of its processes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.e2e.api_client import ApiClient
from tests.e2e.installation import EVERYTHING
from tests.fakes.proxy import Proxy
from tests.fakes.sendgrid import FakeSendGrid
from tests.services.postgresql import Postgres, postgresql
from tests.services.rabbitmq import RabbitMQ, rabbitmq
from tests.services.server import Missing, Server, ServiceMissing
from tests.system import System

_LOOK_SECONDS = 0.2
_Service = TypeVar("_Service", bound=Server)


@dataclass(kw_only=True)
class Installation:
    """What runs. Processes reach both servers by way of the proxies; the judge and the faults don't."""

    system: System
    database: Postgres
    broker: RabbitMQ
    way_to_database: Proxy
    way_to_broker: Proxy
    sendgrid: FakeSendGrid
    desk: ApiClient
    database_url: str
    supervisor: "Supervisor" = field(init=False)

    def __post_init__(self) -> None:
        """Have a supervisor at hand."""
        self.supervisor = Supervisor(self.system)

    def rows(self, query: str) -> list[tuple[Any, ...]]:  # whatever the query asks for
        """Look at the database past the product and the proxy."""
        with psycopg.connect(self.database_url, connect_timeout=3) as connection:
            return list(connection.execute(query.encode()))


class Supervisor:
    """Starts each process again that has ended, as systemd or Docker would."""

    def __init__(self, system: System) -> None:
        self.restarts = 0
        self.unexplained: list[str] = []  # ends that nobody asked for, with what the process said last
        self._system = system
        self._lock = Lock()
        self._wanted_ends: set[str] = set()
        self._failpoints: dict[str, str] = {}
        self._over = Event()
        self._thread = Thread(target=self._supervise, daemon=True)

    def start(self) -> None:
        """Supervise."""
        self._thread.start()

    def stop(self) -> None:
        """Leave what ends from now on alone."""
        self._over.set()
        self._thread.join()

    def expect_end(self, name: str, *, failpoint: str = "") -> None:
        """This process is about to be killed; `failpoint` arms its next life, and kills that too."""
        with self._lock:
            self._wanted_ends.add(name)
            if failpoint:
                self._failpoints[name] = failpoint

    def _supervise(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            for name in EVERYTHING:
                if not self._system.processes[name].is_running():
                    self._restart(name)

    def _restart(self, name: str) -> None:
        with self._lock:
            if name in self._wanted_ends:
                self._wanted_ends.discard(name)
            else:
                self.unexplained.append(f"{name}: {self._system.processes[name].last_words()}")
            armed = self._failpoints.pop(name, "")
            if armed:
                self._wanted_ends.add(name)
            self.restarts += 1
        self._system.launch(name, LIBRARY_FAILPOINTS=f"{armed}:kill" if armed else "")


@contextmanager
def installed() -> Iterator[Installation]:
    """Install the library, start everything, and leave nothing behind. Raises ServiceMissing."""
    with ThreadPoolExecutor(2) as starting:
        database, broker = starting.submit(postgresql, private=True), starting.submit(rabbitmq, private=True)
        try:
            with _running(_there(database.result()), _there(broker.result())) as installation:
                yield installation
        finally:
            database.result().stop()
            broker.result().stop()


def _there(server: _Service | Missing) -> _Service:
    if isinstance(server, Missing):
        raise ServiceMissing(f"{server.service}: {server.reason}")
    return server


@contextmanager
def _running(database: Postgres, broker: RabbitMQ) -> Iterator[Installation]:
    url = database.create_database("library")
    with (
        FakeSendGrid() as sendgrid,
        Proxy(_place(url)) as way_to_database,
        Proxy(_place(broker.url)) as way_to_broker,
        System(
            DATABASE_URL=_by_way_of(way_to_database, url),
            RABBITMQ_URL=_by_way_of(way_to_broker, broker.url),
            SENDGRID_API_KEY="SG.for-tests",
            SENDGRID_API_URL=sendgrid.url,
            CIRCUIT_BREAKER_SENDGRID_TIMEOUT="1.0",
            CIRCUIT_BREAKER_RABBITMQ_TIMEOUT="1.0",
            RATE_LIMIT_TOKEN="0",
            LIBRARY_TESTING="1",
        ) as system,
    ):
        system.manage("migrate", "--verbosity", "0")
        desk = ApiClient.of(system)
        system.start(*EVERYTHING)
        yield Installation(
            system=system,
            database=database,
            broker=broker,
            way_to_database=way_to_database,
            way_to_broker=way_to_broker,
            sendgrid=sendgrid,
            desk=desk,
            database_url=url,
        )


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def _by_way_of(proxy: Proxy, url: str) -> str:
    parts = urlsplit(url)
    login, _, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{proxy.port}"))
