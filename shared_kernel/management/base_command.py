"""The base of the library's own commands: who acts, what a refusal looks like, how results are printed."""

import getpass
import json
import re
import signal
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, ProgrammingError
from rich.console import Console
from rich.table import Column, Table

from shared_kernel.domain.errors import Refused
from shared_kernel.services.batch_dispatch import BatchResult
from shared_kernel.services.codec import to_json
from shared_kernel.services.request_context import RequestContext, request_context


def instant(text: str) -> datetime:
    """An argument that is an instant with its offset from UTC, such as 2026-01-15T10:00:00Z."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not an instant such as 2026-01-15T10:00:00Z") from None
    if moment.tzinfo is None:
        raise ArgumentTypeError(f"{text!r} has no offset from UTC: write 2026-01-15T10:00:00Z")
    if not 1900 <= moment.year < 3000:  # whatever is reckoned from it must be a date, too
        raise ArgumentTypeError(f"{text!r} is not between the years 1900 and 3000")
    return moment.astimezone(UTC)


class LibraryCommand(BaseCommand):
    """A command of the library. Subclasses define `options` and `run`.

    Exit status: 0 done, 1 refused (one line on stderr: code, then sentence), 2 usage, 130 interrupted.
    """

    requires_system_checks = ()
    scheduled = False  # a scheduled job takes --as-of

    def options(self, parser: CommandParser) -> None:
        """Declare the command's own arguments."""

    def run(self, *args: Any, **options: Any) -> None:  # each subclass names its own options
        """Do the work."""
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments that all of the library's commands share."""
        parser.add_argument("--json", action="store_true", dest="as_json", help="answer for programs")
        if self.scheduled:
            parser.add_argument("--as-of", type=instant, metavar="INSTANT", help="act as if it were then")
        self.options(parser)

    def handle(self, **options: Any) -> None:
        """Carry the command out for the person at the terminal."""
        self.as_json: bool = options.pop("as_json", False)
        acts_at = options.pop("as_of", None)
        if acts_at is None and settings.LIBRARY_NOW:
            acts_at = instant(settings.LIBRARY_NOW)
        own = {name: value for name, value in options.items() if name not in _DJANGO_OPTIONS}
        _refuse_what_is_no_text(own)
        signal.signal(signal.SIGTERM, _terminate) if self._in_main_process(options) else None
        with request_context(
            RequestContext(principal=f"cli:{getpass.getuser()}"[:64], door="command", acts_at=acts_at)
        ):
            try:
                self.run(**own)
            except Refused as refused:
                lines = [f"{each.code}: {each.detail}" for each in refused.refusals]
                raise CommandError("; ".join(lines), returncode=1) from None
            except (OperationalError, InterfaceError, ProgrammingError) as error:
                said = "unavailable: the database can't be reached, is too busy, or isn't migrated"
                raise CommandError(said, returncode=1) from error  # --traceback shows more
            except KeyboardInterrupt:
                self.stderr.write("interrupted")
                sys.exit(130)

    def report(self, swept: BatchResult) -> None:
        """Tell what a sweep did; a record that could not be handled makes the command fail after all."""
        if self.as_json:
            self.answer(swept)
        else:
            self.stdout.write(f"{swept.changed} changed, {swept.unchanged} unchanged")
        if swept.failed:
            raise CommandError("\n".join(f"failed: {each}" for each in swept.failed), returncode=1)

    def _in_main_process(self, options: dict[str, Any]) -> bool:
        return not options.get("skip_checks")  # call_command() sets it: then signals are the caller's

    def answer(self, value: object) -> None:
        """Print a value as JSON."""
        self.stdout.write(json.dumps(json.loads(to_json(value)), ensure_ascii=False, indent=2))

    def table(self, *columns: str, rows: Iterable[Sequence[object]], empty: str = "Nothing to show.") -> None:
        """Print rows as a table that fits the terminal, or a sentence where there are none."""
        # The first column identifies the row and is copied into the next command, so it is never cut.
        first, *others = columns
        heads = [
            Column(first, no_wrap=True, overflow="fold"),
            *(Column(each, overflow="fold") for each in others),
        ]
        grid = Table(*heads, box=None, header_style="bold", pad_edge=False)
        for row in rows:
            grid.add_row(*("" if cell is None else str(cell) for cell in row))
        if grid.row_count:
            Console(file=self.stdout, highlight=False, markup=False, width=None).print(grid)  # type: ignore[arg-type]  # OutputWrapper is a text stream in all but name
        else:
            self.stdout.write(empty)


def _refuse_what_is_no_text(options: Mapping[str, object]) -> None:
    """A byte that isn't UTF-8 comes from the shell as half a surrogate pair, which nothing can store."""
    for name, value in options.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str | Path) and re.search("[\ud800-\udfff]", str(each)):
                raise CommandError(f"{name} is not text in UTF-8", returncode=2)


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


_DJANGO_OPTIONS = frozenset(
    {"verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color", "skip_checks"}
    | {"stdout", "stderr"}  # call_command() gives them to BaseCommand
)
