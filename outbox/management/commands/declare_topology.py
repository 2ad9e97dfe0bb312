"""Declares the exchange, queues and bindings at RabbitMQ before the first event is published."""

from typing import Any

import amqp
from django.conf import settings

from outbox.bootstrap import current_topology
from outbox.broker.connection import connect
from outbox.broker.topology import dead_letter_queue_name, queue_name
from shared_kernel.domain.errors import Refusal
from shared_kernel.management.base_command import LibraryCommand


class BrokerUnavailable(Refusal):
    code = "broker_unavailable"
    message = "RabbitMQ can't be reached or refused the connection: {reason}."


class Command(LibraryCommand):
    help = "Declare the exchange, queues and bindings at RabbitMQ; existing ones are left unchanged."

    def run(self, **_: Any) -> None:
        """Declare the topology and show the queues."""
        topology = current_topology()
        try:
            with connect(settings.RABBITMQ_URL, purpose="declare_topology") as connection:
                created = topology.declare(connection, on_missing=topology.republish)
        except (OSError, amqp.AMQPError) as error:
            raise BrokerUnavailable(reason=type(error).__name__) from error
        rows = [
            {
                "context": consumer,
                "queue": queue_name(consumer),
                "dead": dead_letter_queue_name(consumer),
                "made": consumer in created,
            }
            for consumer in topology.subscriptions
        ]
        if self.as_json:
            self.answer({"exchange": topology.exchange, "queues": rows})
        else:
            shown = ((row["queue"], row["dead"], "created" if row["made"] else "existed") for row in rows)
            self.table("Queue", "Dead letters", "", rows=shown)
