"""Making the exchange and the queues, for operators who want them before the first event."""

from typing import Any

import amqp
from django.conf import settings

from outbox.broker.connection import connect
from outbox.broker.topology import current_topology, dead_queue_of, queue_of
from shared_kernel.domain.errors import Refusal
from shared_kernel.management.base_command import LibraryCommand


class BrokerAway(Refusal):
    code = "broker_unavailable"
    message = "RabbitMQ can't be reached or refused the connection: {reason}."


class Command(LibraryCommand):
    help = (
        "Make the exchange, queues and bindings that are missing at RabbitMQ; what is there stays as it is."
    )

    def run(self, **_: Any) -> None:
        """Declare."""
        topology = current_topology()
        try:
            with connect(settings.RABBITMQ_URL, purpose="declare_topology") as connection:
                made = topology.declare(connection, lost=topology.send_again)
        except (OSError, amqp.AMQPError) as error:
            raise BrokerAway(reason=type(error).__name__) from error
        rows = [
            {
                "context": consumer,
                "queue": queue_of(consumer),
                "dead": dead_queue_of(consumer),
                "made": consumer in made,
            }
            for consumer in topology.subscriptions
        ]
        if self.as_json:
            self.answer({"exchange": topology.exchange, "queues": rows})
        else:
            shown = ((row["queue"], row["dead"], "made" if row["made"] else "was there") for row in rows)
            self.table("Queue", "Dead letters", "", rows=shown)
