"""Where it is measured: servers of the benchmarks' own, which wait for the disk as in production."""

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

from benchmarks.rounds import Void
from tests.services.postgresql import Postgres, postgresql
from tests.services.rabbitmq import RabbitMQ, rabbitmq
from tests.services.server import Missing

S = TypeVar("S")

#: What somebody has chosen for their own library would be measured with.
_CHOSEN = ("RABBITMQ_", "SENDGRID_", "CIRCUIT_BREAKER_", "DATABASE_", "LIBRARY_")


class Absent(Void):
    """There is no server to measure with, on a machine that may do without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The servers. This process's Django works with the database, and with the broker if there is one."""

    postgresql: Postgres
    rabbitmq: RabbitMQ | None
    database_url: str

    @property
    def rabbitmq_url(self) -> str:
        """The broker's. Raises Void where none was asked for."""
        if self.rabbitmq is None:
            raise Void("there is no broker")
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
def prepared(*, broker: bool) -> Iterator[Place]:
    """Start the servers, make an empty library, and set Django up for it. Raises Absent."""
    with ExitStack() as ending, ThreadPoolExecutor() as both:
        starting = both.submit(rabbitmq, private=True) if broker else None
        database = _present(postgresql(private=True, durable=True))
        ending.callback(database.stop)
        queue = _present(starting.result()) if starting else None
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
        ending.enter_context(_logged_to_nobody())
        yield Place(postgresql=database, rabbitmq=queue, database_url=url)


def _present(server: S | Missing) -> S:
    if isinstance(server, Missing):
        raise Absent(f"{server.service} is missing: {server.reason}")
    return server


@contextmanager
def _logged_to_nobody() -> Iterator[None]:
    """Let every line of the log be written, since that belongs to the work, but not among the figures."""
    streams = [each for each in logging.getLogger().handlers if isinstance(each, logging.StreamHandler)]
    with Path(os.devnull).open("w") as nobody:
        before = [handler.setStream(nobody) for handler in streams]
        yield
        for handler, stream in zip(streams, before, strict=True):
            handler.setStream(stream)


def _set_up(**settings: str) -> None:
    for name in [name for name in os.environ if name.startswith(_CHOSEN)]:
        del os.environ[name]
    os.environ.update(settings, DJANGO_SETTINGS_MODULE="library_project.settings")
    django.setup()
    from django.core.management import call_command  # it asks for the settings at once

    call_command("migrate", verbosity=0)
