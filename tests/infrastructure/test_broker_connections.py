"""No wait for the broker lasts for ever, wherever in a conversation the broker or the network stops."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from time import monotonic, time
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import amqp
import pytest

from outbox.broker.connection import TIMEOUT_SECONDS, connect
from tests.conftest import ROOT
from tests.fakes.proxy import Proxy
from tests.services.daemon import wait_until
from tests.services.rabbitmq import RabbitMQ
from tests.system import System

pytestmark = [pytest.mark.rabbitmq, pytest.mark.xdist_group("broker connections")]

#: A greeting, a login and an opened channel are some 600 bytes of answers.
MOMENTS = (0, 5, 300, 550, 570)
NOTICED_WITHIN = TIMEOUT_SECONDS + 1.0
#: A lost connection is noticed by what isn't confirmed, or by two heartbeats that don't come.
REPAIRED_WITHIN = 15.0
REPAIRED_BY_HEARTBEAT_WITHIN = 25.0


@pytest.fixture(scope="module")
def own_vhost(rabbitmq: RabbitMQ) -> Iterator[str]:
    name = f"connections-{uuid4().hex[:8]}"
    yield rabbitmq.create_vhost(name)
    rabbitmq.delete_vhost(name)


@pytest.fixture
def proxy(own_vhost: str) -> Iterator[Proxy]:
    parts = urlsplit(own_vhost)
    assert parts.hostname
    assert parts.port
    with Proxy((parts.hostname, parts.port)) as between:
        yield between


@pytest.fixture
def url(own_vhost: str, proxy: Proxy) -> str:
    """The broker's, by way of the proxy."""
    parts = urlsplit(own_vhost)
    login = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{proxy.port}"))


def converse(url: str) -> None:
    """Whatever the library says to a broker before it takes messages."""
    with connect(url, purpose="test") as connection, connection.channel() as channel:
        channel.queue_declare("library.test", exclusive=True)


class TestAConversation:
    @pytest.mark.parametrize("answered", MOMENTS)
    def test_that_stops_at_any_moment_ends(self, url: str, proxy: Proxy, answered: int) -> None:
        converse(url)
        proxy.answer_bytes = answered
        began = monotonic()
        with pytest.raises((OSError, amqp.AMQPError)):
            converse(url)
        assert monotonic() - began < 4 * NOTICED_WITHIN  # a few waits, one after the other

    @pytest.mark.parametrize("timeout", [None, 0, 0.2])
    def test_that_stops_within_a_frame_ends(self, url: str, proxy: Proxy, timeout: float | None) -> None:
        connection = connect(url, purpose="test")
        channel = connection.channel()
        proxy.abandon(after_bytes=5)
        channel.queue_declare("library.test", exclusive=True, nowait=True)
        channel.send_method((50, 10), "BsbbbbbF", (0, "library.test", True, False, False, False, False, {}))
        assert wait_until(lambda: some_bytes_wait(connection), seconds=10)
        began = monotonic()
        with pytest.raises(TimeoutError):
            connection.drain_events(timeout=timeout)
        assert monotonic() - began < NOTICED_WITHIN
        connection.collect()


def some_bytes_wait(connection: Any) -> bool:  # py-amqp's
    """Whether the beginning of a frame has arrived."""
    sock = connection.transport.sock
    try:
        return len(sock.recv(5, socket.MSG_PEEK | socket.MSG_DONTWAIT)) == 5
    except BlockingIOError:
        return False


@pytest.fixture(scope="module")
def installed(own_vhost: str) -> Iterator[System]:
    with System(RABBITMQ_URL=own_vhost, LIBRARY_TESTING="1") as installed:
        installed.manage("migrate", "--verbosity", "0")
        yield installed


@pytest.fixture
def system(installed: System) -> Iterator[System]:
    """A worker and a clock; which of them goes by way of the proxy, a test decides."""
    yield installed
    for process in installed.processes.values():
        process.kill()


def works_since(system: System, name: str, instant: float) -> bool:
    """Whether a process has left a sign of life."""
    sign = system.folder / "var" / "pulse" / name
    return sign.exists() and sign.stat().st_mtime > instant


def ticks_within(system: System, name: str, seconds: float) -> bool:
    now = time()
    return wait_until(lambda: works_since(system, name, now), seconds=seconds)


class TestCelery:
    @pytest.mark.parametrize(
        ("name", "other", "within"),
        [
            ("beat", "worker", REPAIRED_WITHIN),
            ("worker", "beat", REPAIRED_BY_HEARTBEAT_WITHIN),
        ],
    )
    def test_finds_the_broker_again_on_another_connection(
        self, system: System, url: str, proxy: Proxy, name: str, other: str, within: float
    ) -> None:
        system.start(name, RABBITMQ_URL=url)
        system.start(other)
        assert ticks_within(system, "worker", 60)
        before = proxy.accepted
        proxy.abandon()
        assert wait_until(lambda: proxy.accepted > before, seconds=within)
        assert ticks_within(system, "worker", REPAIRED_WITHIN)

    @pytest.mark.parametrize("name", ["worker", "beat"])
    @pytest.mark.parametrize("answered", [0, 550])
    def test_that_met_a_broker_which_did_not_answer_tries_again(
        self, system: System, url: str, proxy: Proxy, name: str, answered: int
    ) -> None:
        other = "beat" if name == "worker" else "worker"
        system.start(other)
        assert other == "worker" or ticks_within(system, other, 60)
        proxy.answer_bytes = answered
        system.launch(name, RABBITMQ_URL=url)
        assert wait_until(lambda: proxy.accepted > 0, seconds=60)
        proxy.answer_bytes = None
        assert ticks_within(system, "worker", REPAIRED_WITHIN)


#: A process of Celery's, whose broker stays away for so long that it has tried 150 times.
AWAY_FOR_LONG = """
import os, sys
from amqp.transport import TCPTransport
from kombu.utils import functional
from library_project.celery import app

tries = 0

def refuse(self):
    global tries
    tries += 1
    if tries == 150:
        print("still trying", flush=True)
        os._exit(0)
    raise ConnectionRefusedError

TCPTransport.connect = refuse
functional.sleep = lambda seconds: None
if sys.argv[1] == "beat":
    app.Beat(quiet=True, schedule=sys.argv[2]).run()
else:
    app.Worker(quiet=True, pool="threads", concurrency=1, without_gossip=True, without_mingle=True).start()
"""


class TestABrokerThatIsAwayForLong:
    @pytest.mark.parametrize("name", ["beat", "worker"])
    def test_is_looked_for_without_end(self, name: str, tmp_path: Any) -> None:
        done = subprocess.run(
            [sys.executable, "-c", AWAY_FOR_LONG, name, str(tmp_path / "schedule")],
            cwd=ROOT,
            env=os.environ | {"RABBITMQ_URL": "amqp://127.0.0.1:1/"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.stdout.endswith("still trying\n"), done.stderr[-2000:]
