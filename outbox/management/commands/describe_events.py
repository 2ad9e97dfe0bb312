"""Writing down the events that this product publishes, for whoever listens from outside."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from outbox.event_catalogue import files
from shared_kernel.domain.errors import Refusal
from shared_kernel.management.base_command import LibraryCommand


class CatalogueOutOfDate(Refusal):
    code = "catalogue_out_of_date"
    message = "docs/events/ differs from what the code publishes: {names}. Run `manage.py describe_events`."


class Command(LibraryCommand):
    help = "Write a JSON Schema and an example for each type of event into docs/events/."

    def options(self, parser: ArgumentParser) -> None:
        """Check only, or write."""
        parser.add_argument(
            "--check", action="store_true", help="write nothing, refuse where it is out of date"
        )

    def run(self, *, check: bool, **_: Any) -> None:
        """Compare, and write."""
        folder: Path = settings.BASE_DIR / "docs" / "events"
        wanted = files()
        present = {path.name: path.read_bytes() for path in folder.glob("*.json")}
        stale = sorted(
            name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name)
        )
        if check and stale:
            raise CatalogueOutOfDate(names=", ".join(stale))
        folder.mkdir(parents=True, exist_ok=True)
        for name in stale:
            if name in wanted:
                (folder / name).write_bytes(wanted[name])
            else:
                (folder / name).unlink()
        if self.as_json:
            self.answer({"types": len(wanted) // 2, "changed": stale})
        else:
            self.stdout.write(f"{len(wanted) // 2} types of events, {len(stale)} files changed.")
