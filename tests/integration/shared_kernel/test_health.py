"""What watchdogs are told: alive, ready, degraded; and never a host or a secret."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from library_project import broker_probe
from outbox.models import OutboxMessage
from shared_kernel.models import Breaker
from tests.services.directory import ROOT
from tests.services.rabbitmq import RabbitMQ

ASK_ALL = """
import json, django
django.setup()
from django.test import Client
for path in ("/health", "/health/ready", "/health/circuit-breakers"):
    answer = Client(headers={"host": "localhost"}).get(path)
    print(json.dumps([answer.status_code, answer.json()]))
"""


@pytest.fixture(autouse=True)
def _nothing_known_of_any_broker() -> None:
    broker_probe.broker_probe.cache_clear()


class FakeBroker:
    """Accepts connections and greets, or keeps silent as a frozen broker does."""

    def __init__(self, greeting: bytes) -> None:
        self.greeting = greeting
        self.connections = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        self.url = f"amqp://guest:s3cret@127.0.0.1:{self.socket.getsockname()[1]}/"

    def _serve(self) -> None:
        open_ones = []
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            open_ones.append(connection)
            if self.greeting:
                connection.recv(8)
                connection.sendall(self.greeting)

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


@pytest.fixture
def broker() -> Iterator[FakeBroker]:
    broker = FakeBroker(b"\x01\x00\x00")
    yield broker
    broker.close()


@pytest.fixture
def frozen_broker() -> Iterator[FakeBroker]:
    broker = FakeBroker(b"")
    yield broker
    broker.close()


def ready(client: Client) -> dict[str, Any]:
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def waiting(*, seconds: float, **columns: object) -> None:
    """An event that was committed so long ago and is not published."""
    OutboxMessage.objects.create(
        event_id=uuid4(),
        type="lending.book_borrowed.v1",
        aggregate_id=uuid4(),
        aggregate_version=1,
        payload="{}",
        recorded_at=datetime.now(UTC) - timedelta(seconds=seconds),
        **columns,
    )


def ask_all(**environment: str) -> list[tuple[int, dict[str, Any]]]:
    """What a process of its own answers to all three questions."""
    asked = subprocess.run(
        [sys.executable, "-c", ASK_ALL],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return [tuple(json.loads(line)) for line in asked.stdout.splitlines()]


@pytest.mark.django_db
class TestAlive:
    @pytest.mark.parametrize("path", ["/health", "/health/"])
    def test_answers_without_the_database(
        self, path: str, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        client.force_login(User.objects.create(username="ada"))
        with django_assert_num_queries(0):
            answer = client.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})

    def test_is_never_cached(self, client: Client) -> None:
        assert "no-store" in client.get("/health")["Cache-Control"]

    def test_can_only_be_looked_at(self, client: Client) -> None:
        assert client.post("/health").status_code == 405


@pytest.mark.django_db
class TestReady:
    def test_finds_nothing_missing_without_a_broker(self, client: Client) -> None:
        assert ready(client) == {
            "status": "ready",
            "degraded": [],
            "checks": {
                "database": "ok",
                "migrations": "ok",
                "broker": "embedded",
                "outbox_lag": 0.0,
                "breakers": {"rabbitmq": "closed", "sendgrid": "closed"},
            },
        }

    def test_hears_the_broker(self, client: Client, settings: Settings, broker: FakeBroker) -> None:
        settings.RABBITMQ_URL = broker.url
        body = ready(client)
        assert (body["degraded"], body["checks"]["broker"]) == ([], "ok")

    @pytest.mark.rabbitmq
    def test_hears_a_real_broker(self, client: Client, settings: Settings, rabbitmq: RabbitMQ) -> None:
        settings.RABBITMQ_URL = rabbitmq.url
        assert ready(client)["checks"]["broker"] == "ok"

    def test_asks_the_broker_once_for_many_questions(
        self, client: Client, settings: Settings, broker: FakeBroker
    ) -> None:
        settings.RABBITMQ_URL = broker.url
        for _ in range(5):
            ready(client)
        assert broker.connections == 1

    def test_stays_ready_while_the_broker_is_away(self, client: Client, settings: Settings) -> None:
        settings.RABBITMQ_URL = "amqp://guest:s3cret@127.0.0.1:1/"
        waiting(seconds=3600)
        body = ready(client)
        assert (body["status"], body["degraded"], body["checks"]["broker"]) == ("ready", ["rabbitmq"], "away")
        assert "s3cret" not in str(body)
        assert "127.0.0.1" not in str(body)

    def test_waits_a_second_at_most_for_a_frozen_broker(
        self, client: Client, settings: Settings, frozen_broker: FakeBroker
    ) -> None:
        settings.RABBITMQ_URL = frozen_broker.url
        began = time.monotonic()
        assert ready(client)["degraded"] == ["rabbitmq"]
        assert time.monotonic() - began < 2

    def test_waits_a_second_at_most_for_a_hanging_resolver(
        self, client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        never, began = threading.Event(), time.monotonic()
        monkeypatch.setattr(socket, "create_connection", lambda *_, **__: never.wait(30))
        settings.RABBITMQ_URL = "amqp://broker.example/"
        try:
            assert ready(client)["degraded"] == ["rabbitmq"]
            assert time.monotonic() - began < 2
        finally:
            never.set()

    def test_takes_no_other_service_for_a_broker(self, client: Client, settings: Settings) -> None:
        stranger = FakeBroker(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        settings.RABBITMQ_URL = stranger.url
        assert ready(client)["degraded"] == ["rabbitmq"]
        stranger.close()

    def test_is_degraded_by_events_that_nobody_publishes(self, client: Client) -> None:
        waiting(seconds=90)
        body = ready(client)
        assert body["degraded"] == ["outbox"]
        assert body["checks"]["outbox_lag"] == pytest.approx(90, abs=5)

    def test_is_not_degraded_by_events_that_were_published_or_are_themselves_at_fault(
        self, client: Client
    ) -> None:
        waiting(seconds=90, published_at=datetime.now(UTC))
        waiting(seconds=90, attempts=1, retry_at=datetime.now(UTC))
        assert ready(client)["degraded"] == []

    def test_is_degraded_by_an_open_breaker_of_a_service_in_use(
        self, client: Client, settings: Settings
    ) -> None:
        Breaker.objects.create(
            name="sendgrid", state="open", opened_at=datetime.now(UTC), changed_at=datetime.now(UTC)
        )
        assert ready(client)["degraded"] == []
        settings.SENDGRID_API_KEY = "SG.s3cret"
        body = ready(client)
        assert (body["degraded"], body["checks"]["breakers"]["sendgrid"]) == (["sendgrid"], "open")


@pytest.fixture(scope="module")
def answers() -> list[tuple[int, dict[str, Any]]]:
    """All three, while nobody listens where the database should be."""
    return ask_all(DATABASE_URL="postgres://librarian:s3cret@127.0.0.1:1/library", DATABASE_POOL="off")


class TestWithoutTheDatabase:
    def test_is_alive_and_not_ready(self, answers: list[tuple[int, dict[str, Any]]]) -> None:
        (alive, _), (prepared, body), (breakers, _) = answers
        assert (alive, prepared, breakers) == (200, 503, 503)
        assert (body["status"], body["checks"]["database"]) == ("unavailable", "away")

    def test_names_no_host_and_no_secret(self, answers: list[tuple[int, dict[str, Any]]]) -> None:
        for secret in ("s3cret", "librarian", "127.0.0.1", "psycopg", "refused"):
            assert secret not in str(answers)


class TestWithoutItsTables:
    def test_is_alive_and_not_ready(self, tmp_path: Path) -> None:
        (alive, _), (prepared, body), _ = ask_all(DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3")
        assert (alive, prepared) == (200, 503)
        assert (body["degraded"], body["checks"]["migrations"]) == (["migrations"], "pending")


@pytest.mark.django_db
class TestCircuitBreakers:
    def test_shows_each_breaker_of_all_processes(self, client: Client, settings: Settings) -> None:
        opened_at = datetime.now(UTC).replace(microsecond=0)
        Breaker.objects.create(
            name="sendgrid",
            state="open",
            failures=3,
            opened_at=opened_at,
            changed_at=opened_at,
            last_failure="Timeout",
        )
        rabbitmq, sendgrid = client.get("/health/circuit-breakers").json()["circuit_breakers"]
        limits = settings.CIRCUIT_BREAKERS["sendgrid"]
        assert (rabbitmq["name"], rabbitmq["state"], rabbitmq["retry_at"]) == ("rabbitmq", "closed", None)
        assert sendgrid == {
            "name": "sendgrid",
            "state": "open",
            "held_open": False,
            "failures": 3,
            "successes": 0,
            "opened_at": f"{opened_at:%Y-%m-%dT%H:%M:%SZ}",
            "retry_at": f"{opened_at + timedelta(seconds=limits['timeout']):%Y-%m-%dT%H:%M:%SZ}",
            "last_failure": "Timeout",
            **limits,
        }
