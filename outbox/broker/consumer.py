"""Consumes a context's queue at RabbitMQ: reconnects, and declares missing queues again."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from os import getpid
from time import monotonic, sleep
from typing import Any

import amqp
import structlog
from kombu import Connection, Queue
from kombu import Consumer as Subscription
from kombu.mixins import ConsumerMixin

from outbox.broker.connection import AmqpChannel, broker
from outbox.broker.topology import Topology, dead_letter_queue_name, queue_name
from outbox.consumer import BATCH_SIZE, Consumer, Delivery
from outbox.inbox import MAX_ATTEMPTS
from shared_kernel.resilience.heartbeat import heartbeat
from shared_kernel.resilience.outages import outage

#: Enough to prefetch the next batch while one is being handled.
PREFETCH = 2 * BATCH_SIZE
#: An incomplete batch is handled when no message has arrived for so long.
IDLE_SECONDS = 0.005
#: How often due retries and a requested stop are checked.
TICK_SECONDS = 0.25
#: How often the counts of ignored messages are logged.
REPORT_SECONDS = 60.0

log = structlog.get_logger(__name__)


class _StopRequested(Exception):
    """The consumer was asked to stop."""


class RabbitConsumer(ConsumerMixin):
    """Feeds one context's consumer from its queue and from its dead-letter queue.

    Dead letters have their own `Consumer` and channel: delivery tags are per channel, and an ack with
    `multiple` must not include deliveries of the other queue.
    """

    def __init__(self, url: str, topology: Topology, consumer: Consumer) -> None:
        self.connection = broker(url, purpose=f"consumer {consumer.inbox.consumer}")
        self._topology = topology
        self._consumer, self._dead_letters = consumer, Consumer(consumer.inbox)
        self._channel: AmqpChannel = None
        self._dead_channel: AmqpChannel = None
        self._report_at = monotonic() + REPORT_SECONDS

    def run_forever(self) -> None:
        """Consume until stopped. Survives any outage of the broker and the database."""
        gc.freeze()  # keeps what is loaded by now out of every garbage collection
        while not self.should_stop:
            try:
                self.run(safety_interval=TICK_SECONDS)
            except _StopRequested:
                break
            except (OSError, AttributeError, amqp.AMQPError) as error:  # py-amqp's on a lost connection
                outage("broker").failed(type(error).__name__)
                sleep(1)
            except Exception:
                log.exception("listener_failed")
                sleep(1)
        self._report()

    def stop(self) -> None:
        """Ask `run_forever` to return after the current batch."""
        self.should_stop = True

    @contextmanager
    def establish_connection(self) -> Iterator[Connection]:  # type: ignore[override]  # the stub is wrong
        """Connect, retrying every two seconds."""
        with self.create_connection() as connection:
            connection.ensure_connection(self.on_connection_error, callback=self._raise_if_stopped)
            yield connection

    def get_consumers(self, _new: object, channel: AmqpChannel) -> list[Subscription]:
        """Declare what is missing at the broker, and subscribe."""
        self._consumer.discard_deliveries()
        self._dead_letters.discard_deliveries()
        self._topology.declare(channel.connection, on_missing=self._topology.republish)
        self._channel, self._dead_channel = channel, channel.connection.channel()
        consumer = self._consumer.inbox.consumer
        return [
            self._subscription(self._channel, queue_name(consumer), self._on_message),
            self._subscription(self._dead_channel, dead_letter_queue_name(consumer), self._on_dead_message),
        ]

    def on_iteration(self) -> None:
        """Collect a batch of deliveries and handle it."""
        self._heartbeat()
        outage("broker").over()
        with suppress(TimeoutError):
            while self._consumer.has_deliveries and not self._consumer.has_full_batch:
                self._channel.connection.drain_events(timeout=IDLE_SECONDS)
        self._consumer.handle(partial(_acknowledge, self._channel))
        self._dead_letters.handle(partial(_acknowledge, self._dead_channel))
        if monotonic() >= self._report_at:
            self._report()
        if self.should_stop:
            raise _StopRequested  # else kombu would wait for one more message

    def on_connection_error(self, exc: Exception, _interval: float) -> None:
        """Record the outage of the broker."""
        outage("broker").failed(type(exc).__name__)

    def _heartbeat(self) -> None:
        heartbeat(f"consumer-{self._consumer.inbox.consumer}")

    def _raise_if_stopped(self) -> None:
        self._heartbeat()
        if self.should_stop:
            raise _StopRequested

    def _on_message(self, message: Any) -> None:  # kombu's message, see AmqpChannel
        self._consumer.receive(self._delivery(message, failures=message.headers.get("x-delivery-count") or 0))

    def _on_dead_message(self, message: Any) -> None:  # kombu's message, see AmqpChannel
        deaths = message.headers.get("x-death") or [{}]
        delivery = self._delivery(message, failures=MAX_ATTEMPTS - 1)
        delivery.dead_letter_reason = f"{deaths[0].get('reason', 'dead letter')}; "
        if (message.headers.get("x-delivery-count") or 0) >= MAX_ATTEMPTS:
            error = "the consumer died each time it handled this message"
            delivery.message = replace(delivery.message, event=None, error=error)
        self._dead_letters.receive(delivery)

    def _delivery(self, message: Any, *, failures: int) -> Delivery:  # kombu's message, see AmqpChannel
        # py-amqp decodes a body that has a content encoding.
        body = message.body.encode() if isinstance(message.body, str) else bytes(message.body)
        return Delivery(
            message=self._consumer.inbox.parse(body), delivery_tag=message.delivery_tag, failures=failures
        )

    def _report(self) -> None:
        self._report_at = monotonic() + REPORT_SECONDS
        ignored = self._consumer.inbox.ignored
        if ignored:
            log.info("events_passed_over", consumer=self._consumer.inbox.consumer, counts=dict(ignored))
            ignored.clear()

    def _subscription(self, channel: AmqpChannel, queue: str, receive: Callable[[Any], None]) -> Subscription:
        return Subscription(
            channel,
            [Queue(queue)],
            on_message=receive,
            auto_declare=False,
            prefetch_count=PREFETCH,
            tag_prefix=f"{self._consumer.inbox.consumer}-{getpid()}-",
        )


def _acknowledge(channel: AmqpChannel, delivery_tag: int, *, multiple: bool) -> None:
    channel.basic_ack(delivery_tag, multiple=multiple)
