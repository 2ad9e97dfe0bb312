"""What the library has at the broker: one exchange for all events, two queues for each listening context."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import amqp
import structlog
from django.conf import settings

from outbox.broker.connection import AmqpChannel, AmqpConnection
from outbox.inbox import ATTEMPTS_ALLOWED
from outbox.pending import send_again
from outbox.subscriptions import Subscriptions, publishing_contexts, subscriptions
from shared_kernel.domain.errors import Refusal

log = structlog.get_logger(__name__)


def queue_of(consumer: str) -> str:
    """Where the events for a context arrive."""
    return f"{consumer}.events"


def dead_queue_of(consumer: str) -> str:
    """Where the broker puts what it delivered too often."""
    return f"{queue_of(consumer)}.dead"


@dataclass(frozen=True, kw_only=True)
class Topology:
    """The exchange and the queues that the subscriptions ask for. A queue is bound to whole contexts.

    So a type that is new at its publisher reaches every listener of that context without a change here.
    """

    exchange: str
    subscriptions: Subscriptions

    def declare(self, connection: AmqpConnection, *, lost: Callable[[str], None]) -> list[str]:
        """Make what is missing, and answer the contexts whose queue was. Raises OSError or amqp.AMQPError.

        `lost` is told each such context before its queue is made, so that what it raises leaves it missing.
        A queue that is there is left as it is, with whatever arguments an operator gave it.
        """
        with connection.channel() as channel:
            channel.exchange_declare(self.exchange, "topic", durable=True, auto_delete=False)
        made = []
        for consumer in self.subscriptions:
            queue, dead_queue = queue_of(consumer), dead_queue_of(consumer)
            if not _exists(connection, dead_queue):
                _make(connection, dead_queue, {})
            if not _exists(connection, queue):
                lost(consumer)
                _make(connection, queue, _dead_lettering_to(dead_queue))
                made.append(consumer)
        with connection.channel() as channel:
            for queue, pattern in self._bindings():
                channel.queue_bind(queue, self.exchange, pattern)
        return made

    def renew_bindings(self, channel: AmqpChannel) -> None:
        """Bind the queues again, without waiting: what follows on this channel finds them bound.

        One of several bindings can vanish without any publisher noticing. A missing queue or exchange
        closes the channel.
        """
        for queue, pattern in self._bindings():
            channel.queue_bind(queue, self.exchange, pattern, nowait=True)

    def send_again(self, consumer: str) -> None:
        """Have the relay send again what this context's lost queue may have held. Raises django.db.Error."""
        count = send_again(consumer, self.subscriptions[consumer].keys())
        log.warning("queue_missing", consumer=consumer, sent_again=count)

    def must_reach_somebody(self, type_: str) -> bool:
        """Whether one of the queues is bound for this type; others may listen to the rest, or nobody."""
        return type_.partition(".")[0] in self._heard

    @cached_property
    def _heard(self) -> frozenset[str]:
        return frozenset(
            context for types in self.subscriptions.values() for context in publishing_contexts(types)
        )

    def _bindings(self) -> Iterator[tuple[str, str]]:
        for consumer, types in self.subscriptions.items():
            for context in publishing_contexts(types):
                yield queue_of(consumer), f"{context}.#"


def _exists(connection: AmqpConnection, queue: str) -> bool:
    try:
        with connection.channel() as channel:
            channel.queue_declare(queue, passive=True)
    except amqp.NotFound:
        return False
    return True


def _make(connection: AmqpConnection, queue: str, arguments: Mapping[str, Any]) -> None:  # AMQP's own table
    with connection.channel() as channel:
        arguments = {"x-queue-type": "quorum", **arguments}
        channel.queue_declare(queue, durable=True, auto_delete=False, arguments=arguments)


def _dead_lettering_to(dead_queue: str) -> dict[str, Any]:  # AMQP's own table
    return {
        "x-single-active-consumer": True,  # keeps the order
        "x-delivery-limit": ATTEMPTS_ALLOWED,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": dead_queue,
        # Otherwise a quorum queue drops a dead letter that its target can't take at that moment.
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


class NoBroker(Refusal):
    code = "no_broker"
    message = "There is no broker: RABBITMQ_URL is not set, and the relay delivers events in process."


def current_topology() -> Topology:
    """What this installation has at its broker. Raises NoBroker where it has none."""
    if not settings.RABBITMQ_URL:
        raise NoBroker
    return Topology(exchange=settings.RABBITMQ_EXCHANGE, subscriptions=subscriptions())
