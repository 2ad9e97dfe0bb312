"""Writes the catalogue of published events for external consumers."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from outbox.event_schemas import catalogue_files
from shared_kernel.domain.errors import Refusal
from shared_kernel.management.base_command import LibraryCommand


class CatalogueOutOfDate(Refusal):
    code = "catalogue_out_of_date"
    message = "docs/events/ differs from what the code publishes: {names}. Run `manage.py describe_events`."


class Command(LibraryCommand):
    help = "Write a JSON Schema and an example for each type of event into docs/events/."

    def options(self, parser: ArgumentParser) -> None:
        """Whether to check only."""
        parser.add_argument(
            "--check",
            action="store_true",
            help="write nothing; exit with status 1 if the files are out of date",
        )

    def run(self, *, check: bool, **_: Any) -> None:
        """Compare the files with the code and update them."""
        folder: Path = settings.BASE_DIR / "docs" / "events"
        expected = catalogue_files()
        present = {path.name: path.read_bytes() for path in folder.glob("*.json")}
        stale = sorted(
            name for name in expected.keys() | present.keys() if expected.get(name) != present.get(name)
        )
        if check and stale:
            raise CatalogueOutOfDate(names=", ".join(stale))
        folder.mkdir(parents=True, exist_ok=True)
        for name in stale:
            if name in expected:
                (folder / name).write_bytes(expected[name])
            else:
                (folder / name).unlink()
        if self.as_json:
            self.answer({"types": len(expected) // 2, "changed": stale})
        else:
            self.stdout.write(f"{len(expected) // 2} event types, {len(stale)} files changed.")
