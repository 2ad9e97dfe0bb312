"""The launcher of the real services keeps what the other tests rely on."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from amqp.exceptions import NotAllowed
from kombu import Connection

from tests.services.daemon import Unavailable, wait_until
from tests.services.directory import ROOT
from tests.services.launch import Services
from tests.services.postgresql import Postgres, postgresql
from tests.services.rabbitmq import RabbitMQ, rabbitmq
from tests.services.server import Missing, ServiceMissing, first_of

pytestmark = pytest.mark.xdist_group("private services")

STARTED_AND_LEFT_ALONE = """
import time
from tests.services.postgresql import postgresql
server = postgresql(private=True)
print(server.process.pid, server.home.path, flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def broker() -> Iterator[RabbitMQ]:
    broker = rabbitmq(private=True)
    if isinstance(broker, Missing):
        pytest.skip(broker.reason)
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    database = postgresql(private=True)
    if isinstance(database, Missing):
        pytest.skip(database.reason)
    yield database
    database.stop()


@pytest.mark.rabbitmq
class TestABrokerOfOurOwn:
    def test_gives_each_user_a_virtual_host(self, broker: RabbitMQ) -> None:
        url = broker.create_vhost("shelf/1")
        with Connection(url) as connection:
            connection.SimpleQueue("returns").put("a book")
        broker.delete_vhost("shelf/1")
        with pytest.raises(NotAllowed, match="not found"), Connection(url) as connection:
            connection.connect()

    def test_comes_back_on_its_port_with_its_persistent_messages(self, broker: RabbitMQ) -> None:
        with Connection(broker.url, transport_options={"confirm_publish": True}) as connection:
            connection.SimpleQueue("holds").put("a hold")
        broker.stop_app()
        assert not broker.answers()
        broker.start_app()
        with Connection(broker.url) as connection:
            assert connection.SimpleQueue("holds").get(timeout=5).payload == "a hold"

    def test_falls_silent_while_frozen(self, broker: RabbitMQ) -> None:
        broker.freeze()
        try:
            assert not broker.answers()
        finally:
            broker.thaw()
        assert wait_until(broker.answers, seconds=10)


@pytest.mark.postgresql
class TestADatabaseServerOfOurOwn:
    def test_creates_and_drops_databases_in_use(self, database: Postgres) -> None:
        url = database.create_database("Stacks 1")
        with psycopg.connect(url, autocommit=True) as reader:
            database.drop_database("Stacks 1")
            with pytest.raises(psycopg.OperationalError):
                reader.execute("SELECT 1")

    def test_remembers_after_a_crash_what_it_confirmed(self, database: Postgres) -> None:
        url = database.create_database("crashing")
        with psycopg.connect(url) as writer:
            writer.execute("CREATE TABLE loan AS SELECT 1 AS id")
        database.kill()
        assert not database.answers()
        database.restart()
        with psycopg.connect(url) as reader:
            assert reader.execute("SELECT id FROM loan").fetchall() == [(1,)]

    def test_ends_with_the_process_that_started_it_even_when_that_is_killed(self, database: Postgres) -> None:
        assert database.answers()  # so the binaries are here
        owner = subprocess.Popen(
            [sys.executable, "-c", STARTED_AND_LEFT_ALONE], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert owner.stdout
        pid, home = owner.stdout.readline().split()
        assert Path(f"/proc/{pid}").exists()
        owner.kill()
        owner.communicate()
        assert wait_until(lambda: not Path(home).exists(), seconds=15)
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), signal.SIGTERM)


@pytest.mark.postgresql
@pytest.mark.rabbitmq
class TestSharingWithAnotherProcess:
    def test_commands_the_same_servers_and_leaves_them_running(
        self, broker: RabbitMQ, database: Postgres, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in Services(database, broker).environment.items():
            monkeypatch.setenv(name, value)
        attached = Services.attach()
        assert isinstance(attached.rabbitmq, RabbitMQ)
        assert isinstance(attached.postgresql, Postgres)
        assert (attached.postgresql.url, attached.rabbitmq.url) == (database.url, broker.url)
        attached.postgresql.restart()
        assert "/" in attached.rabbitmq.ctl("list_vhosts").split()
        attached.stop()
        assert broker.answers()
        assert database.answers()


class TestAServiceThatNoWayLeadsTo:
    def test_says_why_each_way_failed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("REQUIRE_SERVICES", raising=False)
        assert first_of("Card index", [no_engine, no_binaries]) == Missing(
            "Card index", "no engine; no binaries"
        )

    def test_is_an_error_where_services_are_required(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REQUIRE_SERVICES", "1")
        with pytest.raises(ServiceMissing, match="Card index is missing: no binaries"):
            first_of("Card index", [no_binaries])


def no_engine() -> Postgres:
    raise Unavailable("no engine")


def no_binaries() -> Postgres:
    raise Unavailable("no binaries")
