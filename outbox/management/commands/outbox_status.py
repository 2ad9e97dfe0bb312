"""Shows the status of event delivery."""

from typing import Any

from outbox.status import GetOutboxStatus
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.queries import ask


class Command(LibraryCommand):
    help = "Show pending and failing events, what each context has received, and what is in quarantine."

    def run(self, **_: Any) -> None:
        """Show the status."""
        status = ask(GetOutboxStatus())
        if self.as_json:
            self.answer(status)
            return
        self.stdout.write(
            f"{status.pending} events pending, the oldest for {status.oldest_age_seconds:.0f} s;"
            f" {status.failing} failing."
        )
        self.table(
            "Context",
            "Received",
            "Last at",
            "In quarantine",
            rows=(
                (inbox.consumer, inbox.received, _time(inbox.last_received_at), inbox.quarantined)
                for inbox in status.inboxes
            ),
            empty="No context has received any event yet.",
        )


def _time(at: Any) -> str:  # a datetime or nothing
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "never"
