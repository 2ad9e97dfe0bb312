"""Taking a context's messages from RabbitMQ, on and on: connections come and go, queues are made anew."""

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
from outbox.broker.topology import Topology, dead_queue_of, queue_of
from outbox.consumer import TOGETHER, Consumer, Delivery
from outbox.inbox import ATTEMPTS_ALLOWED
from shared_kernel.resilience.heartbeat import heartbeat
from shared_kernel.resilience.outages import outage

#: Enough to have the next batch here while one is being handled.
PREFETCH = 2 * TOGETHER
#: When nothing more has come for so long, what is here is handled.
IDLE_SECONDS = 0.005
#: How often letters that wait for their next attempt are looked at, and a wish to stop.
TICK_SECONDS = 0.25
#: Messages that nobody listens to are reported so often.
REPORT_SECONDS = 60.0

log = structlog.get_logger(__name__)


class _StopRequested(Exception):
    """Somebody asked to stop."""


class RabbitConsumer(ConsumerMixin):
    """Feeds one context's consumer from its queue, and from the queue of its dead letters.

    A dead letter goes through a consumer of its own: delivery tags count by channel, and an ack for several
    letters of the one queue would settle those of the other.
    """

    def __init__(self, url: str, topology: Topology, consumer: Consumer) -> None:
        self.connection = broker(url, purpose=f"consumer {consumer.inbox.consumer}")
        self._topology = topology
        self._work, self._last_chance = consumer, Consumer(consumer.inbox)
        self._channel: AmqpChannel = None
        self._dead_channel: AmqpChannel = None
        self._report_at = monotonic() + REPORT_SECONDS

    def listen(self) -> None:
        """Take messages until told to stop. Survives any failure of the broker and the database."""
        gc.freeze()  # what was loaded by now, stays: it needn't be searched for garbage time and again
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
        """Ask `listen` to return once the batch at hand is done."""
        self.should_stop = True

    @contextmanager
    def establish_connection(self) -> Iterator[Connection]:  # type: ignore[override]  # the stub is wrong
        """Connect, trying again every two seconds."""
        with self.create_connection() as connection:
            connection.ensure_connection(self.on_connection_error, callback=self._heed_stop)
            yield connection

    def get_consumers(self, _new: object, channel: AmqpChannel) -> list[Subscription]:
        """Make what is missing at the broker, and subscribe."""
        self._work.forget()
        self._last_chance.forget()
        self._topology.declare(channel.connection, lost=self._topology.send_again)
        self._channel, self._dead_channel = channel, channel.connection.channel()
        consumer = self._work.inbox.consumer
        return [
            self._subscription(self._channel, queue_of(consumer), self._on_letter),
            self._subscription(self._dead_channel, dead_queue_of(consumer), self._on_dead_letter),
        ]

    def on_iteration(self) -> None:
        """Gather what has arrived and handle it."""
        self._show_life()
        outage("broker").over()
        with suppress(TimeoutError):
            while self._work.has_letters and not self._work.has_a_full_batch:
                self._channel.connection.drain_events(timeout=IDLE_SECONDS)
        self._work.handle(partial(_acknowledge, self._channel))
        self._last_chance.handle(partial(_acknowledge, self._dead_channel))
        if monotonic() >= self._report_at:
            self._report()
        if self.should_stop:
            raise _StopRequested  # else kombu would wait for one more message

    def on_connection_error(self, exc: Exception, _interval: float) -> None:
        """Note that the broker is away."""
        outage("broker").failed(type(exc).__name__)

    def _show_life(self) -> None:
        heartbeat(f"consumer-{self._work.inbox.consumer}")

    def _heed_stop(self) -> None:
        self._show_life()
        if self.should_stop:
            raise _StopRequested

    def _on_letter(self, message: Any) -> None:  # kombu's message, see AmqpChannel
        self._work.receive(self._letter(message, failures=message.headers.get("x-delivery-count") or 0))

    def _on_dead_letter(self, message: Any) -> None:  # kombu's message, see AmqpChannel
        deaths = message.headers.get("x-death") or [{}]
        letter = self._letter(message, failures=ATTEMPTS_ALLOWED - 1)
        letter.death = f"{deaths[0].get('reason', 'dead letter')}; "
        if (message.headers.get("x-delivery-count") or 0) >= ATTEMPTS_ALLOWED:
            letter.arrival = replace(letter.arrival, event=None, flaw="whoever tries to handle it dies")
        self._last_chance.receive(letter)

    def _letter(self, message: Any, *, failures: int) -> Delivery:  # kombu's message, see AmqpChannel
        # py-amqp decodes a body that comes with an encoding.
        body = message.body.encode() if isinstance(message.body, str) else bytes(message.body)
        return Delivery(
            arrival=self._work.inbox.open(body), delivery_tag=message.delivery_tag, failures=failures
        )

    def _report(self) -> None:
        self._report_at = monotonic() + REPORT_SECONDS
        passed_over = self._work.inbox.passed_over
        if passed_over:
            log.info("events_passed_over", consumer=self._work.inbox.consumer, counts=dict(passed_over))
            passed_over.clear()

    def _subscription(self, channel: AmqpChannel, queue: str, receive: Callable[[Any], None]) -> Subscription:
        return Subscription(
            channel,
            [Queue(queue)],
            on_message=receive,
            auto_declare=False,
            prefetch_count=PREFETCH,
            tag_prefix=f"{self._work.inbox.consumer}-{getpid()}-",
        )


def _acknowledge(channel: AmqpChannel, delivery_tag: int, *, multiple: bool) -> None:
    channel.basic_ack(delivery_tag, multiple=multiple)
