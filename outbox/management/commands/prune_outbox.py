"""Forgetting what was delivered long ago."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from outbox.pruning import KEPT_DAYS, prune
from shared_kernel.management.base_command import LibraryCommand


def days(text: str) -> int:
    """A number of whole days, 1 or more."""
    if not text.isdecimal() or not 1 <= int(text) <= 36500:
        raise ArgumentTypeError(f"{text!r} is not a number of days, 1 or more")
    return int(text)


class Command(LibraryCommand):
    help = (
        "Delete what was delivered or replayed long ago, answers that are not given again, and old denials."
    )

    def options(self, parser: ArgumentParser) -> None:
        """How long is long ago."""
        parser.add_argument(
            "--days", type=days, default=KEPT_DAYS, help=f"how long they are kept ({KEPT_DAYS})"
        )

    def run(self, *, days: int, **_: Any) -> None:
        """Prune."""
        pruned = prune(days=days)
        if self.as_json:
            self.answer(pruned)
        else:
            self.stdout.write(
                f"Deleted {pruned.messages} events, {pruned.receipts} receipts,"
                f" {pruned.quarantined} quarantined messages, {pruned.answers} answers"
                f" and {pruned.denials} denials."
            )
