"""The environment of a benchmark: private servers, which sync to disk as in production."""

import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import django
import psycopg

from benchmarks.rounds import InvalidMeasurement
from tests.services.postgresql import Postgres, postgresql
from tests.services.rabbitmq import RabbitMQ, rabbitmq
from tests.services.server import Missing

S = TypeVar("S")

#: Settings from the environment that would affect the measurement are removed.
_CLEARED_PREFIXES = ("RABBITMQ_", "SENDGRID_", "CIRCUIT_BREAKER_", "DATABASE_", "LIBRARY_")


class ServersMissing(InvalidMeasurement):
    """A server that the benchmark needs is not installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The servers. Django in this process uses the database, and the broker if there is one."""

    postgresql: Postgres
    rabbitmq: RabbitMQ | None
    database_url: str

    @property
    def rabbitmq_url(self) -> str:
        """The broker's URL. Raises InvalidMeasurement if the benchmark has no broker."""
        if self.rabbitmq is None:
            raise InvalidMeasurement("there is no broker")
        return self.rabbitmq.url

    @property
    def servers(self) -> dict[str, str]:
        """The servers' versions."""
        with psycopg.connect(self.database_url) as connection:
            server = connection.info.server_version
        found = {"PostgreSQL": f"{server // 10_000}.{server % 10_000}"}
        if self.rabbitmq:
            found["RabbitMQ"] = self.rabbitmq.ctl("version").strip()
        return found


@contextmanager
def benchmark_environment(*, broker: bool) -> Iterator[Environment]:
    """Start the servers, create an empty library, and set up Django. Raises ServersMissing."""
    with ExitStack() as ending, ThreadPoolExecutor() as both:
        starting = both.submit(rabbitmq, private=True) if broker else None
        database = _require(postgresql(private=True, durable=True))
        ending.callback(database.stop)
        queue = _require(starting.result()) if starting else None
        if queue:
            ending.callback(queue.stop)
        metrics = ending.enter_context(TemporaryDirectory(prefix="library-metrics-"))
        url = database.create_database("benchmark")
        _set_up(
            LOG_FORMAT="json",
            DATABASE_URL=url,
            RABBITMQ_URL=queue.url if queue else "",
            PROMETHEUS_MULTIPROC_DIR=metrics,
        )
        ending.enter_context(_discarded_logs())
        yield Environment(postgresql=database, rabbitmq=queue, database_url=url)


def _require(server: S | Missing) -> S:
    if isinstance(server, Missing):
        raise ServersMissing(f"{server.service} is missing: {server.reason}")
    return server


@contextmanager
def _discarded_logs() -> Iterator[None]:
    """Discard the log's output; writing it is still part of the measured work."""
    streams = [each for each in logging.getLogger().handlers if isinstance(each, logging.StreamHandler)]
    with Path(os.devnull).open("w") as nobody:
        before = [handler.setStream(nobody) for handler in streams]
        yield
        for handler, stream in zip(streams, before, strict=True):
            handler.setStream(stream)


def _set_up(**settings: str) -> None:
    for name in [name for name in os.environ if name.startswith(_CLEARED_PREFIXES)]:
        del os.environ[name]
    os.environ.update(settings, DJANGO_SETTINGS_MODULE="library_project.settings")
    django.setup()
    from django.core.management import call_command  # it asks for the settings at once

    call_command("migrate", verbosity=0)
