"""Installations of the library that really run: one on real services, one as `make run` starts it."""

import os
import uuid
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.conftest import ON_POSTGRESQL
from tests.e2e.api_client import ApiClient
from tests.e2e.installation import EVERYTHING, Installation
from tests.e2e.make_run import MakeRun
from tests.fakes.sendgrid import FakeSendGrid
from tests.services.postgresql import Postgres
from tests.services.rabbitmq import rabbitmq as start_rabbitmq
from tests.services.server import Missing
from tests.system import System

_running: list[System] = []


@contextmanager
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The setting of a new database of the run's kind; SQLite, below var/, needs none."""
    if not ON_POSTGRESQL:
        yield {}
        return
    server: Postgres = request.getfixturevalue("postgresql")
    name = f"e2e_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    try:
        yield {"DATABASE_URL": server.create_database(name)}
    finally:
        server.drop_database(name)


@contextmanager
def make_run(request: pytest.FixtureRequest) -> Iterator[MakeRun]:
    """`make run` on a fresh machine."""
    with database(request) as setting, MakeRun(**setting) as system:
        _running.append(system)
        try:
            system.run()
            yield system
        finally:
            _running.remove(system)


@pytest.fixture(scope="session")
def made(request: pytest.FixtureRequest) -> Iterator[MakeRun]:
    """The library as `make run` starts it."""
    with make_run(request) as system:
        yield system


@pytest.fixture(scope="module")
def made_for_the_tour(request: pytest.FixtureRequest) -> Iterator[MakeRun]:
    """The same once more: the README's tour begins with a library in which nobody has been."""
    with make_run(request) as system:
        yield system


@pytest.fixture(scope="session")
def library(request: pytest.FixtureRequest) -> Iterator[Installation]:
    """The library with a broker, SendGrid and every process of its own; its breakers retry after a second."""
    with ThreadPoolExecutor(1) as aside, FakeSendGrid() as sendgrid, database(request) as setting:
        starting = aside.submit(start_rabbitmq, private=True)
        with System(
            **setting,
            SENDGRID_API_KEY="SG.for-tests",
            SENDGRID_API_URL=sendgrid.url,
            CIRCUIT_BREAKER_SENDGRID_TIMEOUT="1.0",
            CIRCUIT_BREAKER_RABBITMQ_TIMEOUT="1.0",
        ) as system:
            system.manage("migrate", "--verbosity", "0")
            desk = ApiClient.of(system)
            broker = starting.result()
            if isinstance(broker, Missing):
                pytest.skip(broker.reason)
            try:
                system.settings["RABBITMQ_URL"] = broker.url
                _running.append(system)
                system.start(*EVERYTHING)
                yield Installation(system=system, broker=broker, sendgrid=sendgrid, desk=desk)
            finally:
                _running.remove(system)
                broker.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show, with a failure, what the processes said last."""
    report = yield
    if report.failed:
        for system in _running:
            for name, process in system.processes.items():
                report.sections.append((f"{name} said last", process.last_words()))
    return report
