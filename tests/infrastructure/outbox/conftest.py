"""Events delivered to listeners of the tests' own, through either publisher."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from outbox.bootstrap import current_publisher, current_topology
from outbox.broker.connection import connect
from outbox.broker.consumer import RabbitConsumer
from outbox.broker.publisher import RabbitPublisher
from outbox.broker.topology import dead_letter_queue_name, queue_name
from outbox.consumer import Consumer
from outbox.inbox import Inbox
from outbox.relay import drain_all
from shared_kernel.resilience.breakers import breaker
from shared_kernel.services.commands import bus
from tests.fakes import ledger
from tests.services.rabbitmq import RabbitMQ


class Delivery:
    """The whole way of an event, gone in this thread: out of the outbox and into the listening contexts."""

    def deliver(self) -> None:
        """Relay what waits, and let it take effect."""
        drain_all(current_publisher(), seconds=20)
        self.consume()

    def consume(self) -> None:
        """Let what was published take effect."""


class RabbitDelivery(Delivery):
    """By way of a real broker."""

    def consume(self) -> None:
        for context in ledger.SUBSCRIPTIONS:
            listener(context).run_until_idle()


class OneListener(RabbitConsumer):
    """A listener that ends when nothing comes any more."""

    def run_until_idle(self, *, seconds: float = 0.3) -> None:
        """Take what there is, and what comes within so many seconds after the last."""
        consume: Any = self.consume  # the stub takes the generator for a procedure
        with pytest.raises(TimeoutError):
            for _ in consume(limit=None, timeout=seconds, safety_interval=0.1):
                pass


def listener(context: str) -> OneListener:
    """A context's listener at the current broker."""
    topology = current_topology()
    consumer = Consumer(Inbox(context, topology.subscriptions[context]))
    return OneListener(django_settings.RABBITMQ_URL, topology, consumer)


@pytest.fixture(scope="module")
def broker_url(rabbitmq: RabbitMQ) -> Iterator[str]:
    """A virtual host for the tests of one module."""
    name = f"outbox-{uuid.uuid4().hex[:8]}"
    yield rabbitmq.create_vhost(name)
    rabbitmq.delete_vhost(name)


@pytest.fixture
def listening(settings: Settings, transactional_db: None) -> Iterator[None]:
    """The tests' own contexts listen, and nobody else."""
    settings.LIBRARY_SUBSCRIPTIONS = "tests.fakes.ledger.SUBSCRIPTIONS"
    settings.LIBRARY_BUS = "tests.fakes.ledger.bus"
    bus.cache_clear()
    current_publisher.cache_clear()
    ledger.create_effects_table()
    yield
    ledger.drop_effects_table()
    ledger.antidote.clear()
    current_publisher.cache_clear()
    bus.cache_clear()


@pytest.fixture
def in_process(settings: Settings, listening: None) -> Delivery:
    """Delivery without a broker."""
    settings.RABBITMQ_URL = ""
    return Delivery()


@pytest.fixture
def by_rabbitmq(settings: Settings, broker_url: str, listening: None) -> Iterator[Delivery]:
    """Delivery through RabbitMQ, its queues empty at first."""
    settings.RABBITMQ_URL = broker_url
    purge(broker_url)
    breaker("rabbitmq").reset()
    yield RabbitDelivery()
    publisher = current_publisher()
    assert isinstance(publisher, RabbitPublisher)
    publisher.close()


def purge(broker_url: str) -> None:
    """Empty every queue."""
    with connect(broker_url, purpose="test") as connection:
        current_topology().declare(connection, on_missing=lambda _: None)
        channel = connection.channel()
        for context in ledger.SUBSCRIPTIONS:
            channel.queue_purge(queue_name(context))
            channel.queue_purge(dead_letter_queue_name(context))
