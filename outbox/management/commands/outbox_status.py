"""How the delivery of events is doing."""

from typing import Any

from outbox.status import GetOutboxStatus
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.queries import ask


class Command(LibraryCommand):
    help = "Show what waits to be published, what each context received, and what is in quarantine."

    def run(self, **_: Any) -> None:
        """Show."""
        status = ask(GetOutboxStatus())
        if self.as_json:
            self.answer(status)
            return
        self.stdout.write(
            f"{status.pending} events wait to be published, the oldest for {status.oldest_age_seconds:.0f} s;"
            f" {status.failing} are at fault themselves."
        )
        self.table(
            "Context",
            "Received",
            "Last at",
            "In quarantine",
            rows=(
                (inbox.consumer, inbox.received, _moment(inbox.last_received_at), inbox.quarantined)
                for inbox in status.inboxes
            ),
            empty="No context has received anything yet.",
        )


def _moment(at: Any) -> str:  # a datetime or nothing
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "never"
