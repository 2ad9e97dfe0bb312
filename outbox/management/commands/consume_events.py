"""Runs the consumer of one context."""

from argparse import ArgumentParser
from typing import Any

from outbox.bootstrap import rabbit_consumer
from outbox.lifecycle import stop_on_signal
from outbox.subscriptions import subscriptions
from shared_kernel.management.base_command import LibraryCommand


class Command(LibraryCommand):
    help = "Consume a context's events from RabbitMQ until stopped."

    def options(self, parser: ArgumentParser) -> None:
        """The context."""
        parser.add_argument("context", choices=sorted(subscriptions()))

    def run(self, *, context: str, **_: Any) -> None:
        """Consume until SIGTERM or ctrl-C."""
        consumer = rabbit_consumer(context)
        with stop_on_signal(consumer.stop):
            consumer.run_forever()
