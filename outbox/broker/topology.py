"""The topology at the broker: one exchange, and two queues for each consuming context."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import amqp
import structlog

from outbox.broker.connection import AmqpChannel, AmqpConnection
from outbox.inbox import MAX_ATTEMPTS
from outbox.pending import republish
from outbox.subscriptions import Subscriptions, publishing_contexts
from shared_kernel.domain.errors import Refusal

log = structlog.get_logger(__name__)


class NoBroker(Refusal):
    code = "no_broker"
    message = "There is no broker: RABBITMQ_URL is not set, and the relay delivers events in process."


def queue_name(consumer: str) -> str:
    """The queue of a context's events."""
    return f"{consumer}.events"


def dead_letter_queue_name(consumer: str) -> str:
    """The queue of messages that exceeded the delivery limit."""
    return f"{queue_name(consumer)}.dead"


@dataclass(frozen=True, kw_only=True)
class Topology:
    """The exchange and the queues that the subscriptions need.

    A queue is bound to whole contexts (`lending.#`), so that a new event type needs no new binding.
    """

    exchange: str
    subscriptions: Subscriptions

    def declare(self, connection: AmqpConnection, *, on_missing: Callable[[str], None]) -> list[str]:
        """Create what is missing and return the contexts whose queue was. Raises OSError or amqp.AMQPError.

        `on_missing` is called with each such context before its queue is created: if it raises, the queue
        stays missing. An existing queue keeps its arguments, which an operator may have changed.
        """
        with connection.channel() as channel:
            channel.exchange_declare(self.exchange, "topic", durable=True, auto_delete=False)
        created = []
        for consumer in self.subscriptions:
            queue, dead_queue = queue_name(consumer), dead_letter_queue_name(consumer)
            if not _exists(connection, dead_queue):
                _create_queue(connection, dead_queue, {})
            if not _exists(connection, queue):
                on_missing(consumer)
                _create_queue(connection, queue, _queue_arguments(dead_queue))
                created.append(consumer)
        with connection.channel() as channel:
            for queue, pattern in self._bindings():
                channel.queue_bind(queue, self.exchange, pattern)
        return created

    def renew_bindings(self, channel: AmqpChannel) -> None:
        """Bind the queues again without waiting: later commands on this channel find them bound.

        One of several bindings can be deleted without any publisher noticing. A missing queue or exchange
        closes the channel.
        """
        for queue, pattern in self._bindings():
            channel.queue_bind(queue, self.exchange, pattern, nowait=True)

    def republish(self, consumer: str) -> None:
        """Republish what the lost queue of this context may have held. Raises django.db.Error."""
        count = republish(consumer, self.subscriptions[consumer].keys())
        log.warning("queue_missing", consumer=consumer, republished=count)

    def is_mandatory(self, type_: str) -> bool:
        """Whether a queue is bound for this type, so that the message must be publishable as `mandatory`."""
        return type_.partition(".")[0] in self._bound_contexts

    @cached_property
    def _bound_contexts(self) -> frozenset[str]:
        return frozenset(
            context for types in self.subscriptions.values() for context in publishing_contexts(types)
        )

    def _bindings(self) -> Iterator[tuple[str, str]]:
        for consumer, types in self.subscriptions.items():
            for context in publishing_contexts(types):
                yield queue_name(consumer), f"{context}.#"


def _exists(connection: AmqpConnection, queue: str) -> bool:
    try:
        with connection.channel() as channel:
            channel.queue_declare(queue, passive=True)
    except amqp.NotFound:
        return False
    return True


def _create_queue(
    connection: AmqpConnection, queue: str, arguments: Mapping[str, Any]
) -> None:  # AMQP's own table
    with connection.channel() as channel:
        arguments = {"x-queue-type": "quorum", **arguments}
        channel.queue_declare(queue, durable=True, auto_delete=False, arguments=arguments)


def _queue_arguments(dead_queue: str) -> dict[str, Any]:  # AMQP's own table
    return {
        "x-single-active-consumer": True,  # keeps the order
        "x-delivery-limit": MAX_ATTEMPTS,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": dead_queue,
        # Otherwise a quorum queue drops a dead letter that its target can't take at that moment.
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
