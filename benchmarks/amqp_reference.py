"""The reference for the relay and the consumer: a plain AMQP client."""

from collections.abc import Sequence
from time import monotonic, sleep
from typing import Any

import amqp
from kombu import Connection

from benchmarks.rounds import InvalidMeasurement
from outbox.bootstrap import current_topology
from outbox.broker.topology import queue_name

#: The timeout in seconds for each wait.
PATIENCE = 30.0
_PERSISTENT = 2


class ReferencePublisher:
    """A channel in confirm mode, to a broker with the product's topology."""

    def __init__(self, url: str) -> None:
        self._connection = Connection(url).transport.establish_connection()
        current_topology().declare(self._connection, on_missing=lambda _: None)
        self._channel = self._connection.channel()
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._on_ack)
        self._exchange = current_topology().exchange
        self._last_tag = 0
        self._open: set[int] = set()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def pipelined(self, type_: str, payloads: Sequence[str], *, batch_size: int) -> int:
        """Publish in batches, each confirmed as a whole; return the number of messages."""
        for first in range(0, len(payloads), batch_size):
            for payload in payloads[first : first + batch_size]:
                self._publish(type_, payload)
            self._await_confirms()
        return len(payloads)

    def one_by_one(self, type_: str, payloads: Sequence[str]) -> int:
        """Publish, awaiting each confirm before the next message; return the number of messages."""
        for payload in payloads:
            self._publish(type_, payload)
            self._await_confirms()
        return len(payloads)

    def expect(self, consumer: str, count: int) -> None:
        """Wait until a context's queue holds `count` messages. Raises InvalidMeasurement."""
        queue, give_up_at = queue_name(consumer), monotonic() + PATIENCE
        while (found := self._channel.queue_declare(queue, passive=True).message_count) != count:
            if monotonic() > give_up_at:
                raise InvalidMeasurement(f"{queue} holds {found} messages instead of {count}")
            sleep(0.02)

    def purge(self) -> None:
        """Empty every queue."""
        for consumer in current_topology().subscriptions:
            self._channel.queue_purge(queue_name(consumer))

    def _publish(self, type_: str, payload: str) -> None:
        message = amqp.Message(
            payload.encode(), content_type="application/cloudevents+json", delivery_mode=_PERSISTENT
        )
        self._last_tag += 1
        self._open.add(self._last_tag)
        self._channel.basic_publish(message, self._exchange, type_, mandatory=True)

    def _await_confirms(self) -> None:
        give_up_at = monotonic() + PATIENCE
        while self._open:
            self._connection.drain_events(timeout=max(0.001, give_up_at - monotonic()))

    def _on_ack(self, tag: int, multiple: bool) -> None:  # noqa: FBT001  AMQP's own signature
        self._open.difference_update([each for each in self._open if each <= tag] if multiple else [tag])


def acknowledge_all(url: str, consumer: str, *, count: int, prefetch: int) -> int:
    """Consume `count` messages from a context's queue and only acknowledge each."""
    seen = 0

    def take(message: Any) -> None:  # py-amqp's
        nonlocal seen
        seen += 1
        message.channel.basic_ack(message.delivery_tag)

    connection = Connection(url).transport.establish_connection()
    opened = connection.channel()
    opened.basic_qos(0, prefetch, False)
    opened.basic_consume(queue_name(consumer), callback=take)
    while seen < count:
        connection.drain_events(timeout=PATIENCE)
    connection.close()
    return seen
