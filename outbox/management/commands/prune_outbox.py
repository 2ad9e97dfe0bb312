"""Deletes delivered events and other records past their retention."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from outbox.pruning import RETENTION_DAYS, prune
from shared_kernel.management.base_command import LibraryCommand


def days(text: str) -> int:
    """Parse a number of whole days, 1 or more."""
    if not text.isdecimal() or not 1 <= int(text) <= 36500:
        raise ArgumentTypeError(f"{text!r} is not a number of days, 1 or more")
    return int(text)


class Command(LibraryCommand):
    help = "Delete old delivered events and replayed messages, expired idempotency results and old denials."

    def options(self, parser: ArgumentParser) -> None:
        """The retention in days."""
        parser.add_argument(
            "--days", type=days, default=RETENTION_DAYS, help=f"days that events are kept ({RETENTION_DAYS})"
        )

    def run(self, *, days: int, **_: Any) -> None:
        """Prune and show how much was deleted."""
        pruned = prune(days=days)
        if self.as_json:
            self.answer(pruned)
        else:
            self.stdout.write(
                f"Deleted {pruned.messages} events, {pruned.inbox_entries} inbox entries,"
                f" {pruned.quarantined} quarantined messages, {pruned.answers} idempotency results"
                f" and {pruned.denials} denials."
            )
