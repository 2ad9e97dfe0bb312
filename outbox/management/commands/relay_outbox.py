"""Runs the relay as a resident process, or once."""

from argparse import ArgumentParser
from threading import Event
from typing import Any

from outbox.bootstrap import current_publisher
from outbox.lifecycle import stop_on_signal
from outbox.relay import drain_all, run_forever
from shared_kernel.domain.errors import Refusal
from shared_kernel.management.base_command import LibraryCommand

_ONCE_SECONDS = 3600.0


class PublishingFailed(Refusal):
    code = "publishing_unavailable"
    message = "{published} events were published before publishing failed: {reason}."


class Command(LibraryCommand):
    help = "Publish committed events until stopped, or with --once only those that are pending now."

    def options(self, parser: ArgumentParser) -> None:
        """Whether to end when nothing is pending."""
        parser.add_argument("--once", action="store_true", help="publish pending events, then exit")

    def run(self, *, once: bool, **_: Any) -> None:
        """Publish until SIGTERM or ctrl-C, or once."""
        if not once:
            stop = Event()
            with stop_on_signal(stop.set):
                run_forever(current_publisher(), stop)
            return
        drained = drain_all(current_publisher(), seconds=_ONCE_SECONDS)
        if drained.outage:
            raise PublishingFailed(published=drained.published, reason=drained.outage)
        if self.as_json:
            self.answer({"published": drained.published, "failed": drained.failed})
        else:
            failed = f" {drained.failed} failed and will be retried." if drained.failed else ""
            self.stdout.write(f"Published {drained.published} events.{failed}")
