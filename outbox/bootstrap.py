"""The composition root of event delivery: the handlers, the publisher and the broker's topology."""

from functools import cache

from django.conf import settings

from outbox.broker.consumer import RabbitConsumer
from outbox.broker.publisher import RabbitPublisher
from outbox.broker.topology import NoBroker, Topology
from outbox.consumer import Consumer
from outbox.in_process import InProcessPublisher
from outbox.inbox import Inbox
from outbox.publishing import Publisher
from outbox.quarantine import list_quarantine, replay_quarantine
from outbox.status import get_outbox_status
from outbox.subscriptions import subscriptions
from shared_kernel.services.bus import Handlers
from shared_kernel.services.wiring import BookkeepingPorts, bind

COMMANDS = (replay_quarantine,)
QUERIES = (get_outbox_status, list_quarantine)


def handlers() -> Handlers:
    """Event delivery's handlers, bound."""
    return bind(commands=COMMANDS, queries=QUERIES, ports=BookkeepingPorts())


@cache
def current_publisher() -> Publisher:
    """The publisher of this installation: RabbitMQ if it is configured, otherwise this process."""
    if settings.RABBITMQ_URL:
        return RabbitPublisher(settings.RABBITMQ_URL, current_topology())
    return InProcessPublisher(subscriptions())


def current_topology() -> Topology:
    """The exchange and queues of this installation. Raises NoBroker if no broker is configured."""
    if not settings.RABBITMQ_URL:
        raise NoBroker
    return Topology(exchange=settings.RABBITMQ_EXCHANGE, subscriptions=subscriptions())


def rabbit_consumer(context: str) -> RabbitConsumer:
    """The consumer of a context's queue. Raises NoBroker if no broker is configured."""
    topology = current_topology()
    inbox = Inbox(context, topology.subscriptions[context])
    return RabbitConsumer(settings.RABBITMQ_URL, topology, Consumer(inbox))
