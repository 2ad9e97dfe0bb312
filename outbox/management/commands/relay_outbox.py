"""The way out of the outbox, as a process of its own or once."""

from argparse import ArgumentParser
from threading import Event
from typing import Any

from outbox.lifecycle import stop_on_signal
from outbox.relay import drain_all, run_forever
from shared_kernel.domain.errors import Refusal
from shared_kernel.management.base_command import LibraryCommand

_ONCE_LASTS = 3600.0


class PublishingUnavailableNow(Refusal):
    code = "publishing_unavailable"
    message = "{published} events were published before publishing failed: {reason}."


class Command(LibraryCommand):
    help = "Publish committed events as they come, until stopped; with --once those that wait now."

    def options(self, parser: ArgumentParser) -> None:
        """With --once, it ends when nothing waits any more."""
        parser.add_argument("--once", action="store_true", help="publish what waits, then end")

    def run(self, *, once: bool, **_: Any) -> None:
        """Relay."""
        if not once:
            stop = Event()
            with stop_on_signal(stop.set):
                run_forever(stop)
            return
        drained = drain_all(seconds=_ONCE_LASTS)
        if drained.outage:
            raise PublishingUnavailableNow(published=drained.published, reason=drained.outage)
        if self.as_json:
            self.answer({"published": drained.published, "failed": drained.failed})
        else:
            failed = f" {drained.failed} failed and will be tried again." if drained.failed else ""
            self.stdout.write(f"Published {drained.published} events.{failed}")
