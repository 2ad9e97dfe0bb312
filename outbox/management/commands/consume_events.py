"""The way in for one context, as a process of its own."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings

from outbox.broker.consumer import RabbitConsumer
from outbox.broker.topology import Topology, current_topology
from outbox.consumer import Consumer
from outbox.inbox import Inbox
from outbox.lifecycle import stop_on_signal
from outbox.subscriptions import subscriptions
from shared_kernel.management.base_command import LibraryCommand


class Command(LibraryCommand):
    help = "Take a context's events from RabbitMQ and let them take effect, until stopped."

    def options(self, parser: ArgumentParser) -> None:
        """One process for one context."""
        parser.add_argument("context", choices=sorted(subscriptions()))

    def run(self, *, context: str, **_: Any) -> None:
        """Consume."""
        topology: Topology = current_topology()
        consumer = Consumer(Inbox(context, topology.subscriptions[context]))
        listener = RabbitConsumer(settings.RABBITMQ_URL, topology, consumer)
        with stop_on_signal(listener.stop):
            listener.listen()
