import json
from argparse import ArgumentTypeError
from collections.abc import Iterable
from datetime import date
from itertools import islice
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser

from lending.services.queries.reports import REPORTS, all_lines
from lending.services.reports.definition import Report, ReportScope
from shared_kernel.management.base_command import LibraryCommand
from shared_kernel.services.codec import to_builtins
from shared_kernel.services.csv_lines import csv_lines

#: A table shows at most this many lines; --json and --csv give all of them.
_MOST_LINES: Final = 100


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a date such as 2026-01-15") from None


class Command(LibraryCommand):
    help = "Print a report: " + "; ".join(f"{name}: {each.about}" for name, each in REPORTS.items())
    scheduled = True

    def options(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("name", choices=list(REPORTS), metavar="|".join(REPORTS))
        parser.add_argument(
            "--from", type=_day, dest="first_on", metavar="DATE", help="first day (its month)"
        )
        parser.add_argument("--to", type=_day, dest="last_on", metavar="DATE", help="last day (its month)")
        parser.add_argument("--branch", metavar="CODE", help="only this branch")
        parser.add_argument("--csv", action="store_true", dest="as_csv", help="print CSV for a spreadsheet")

    def run(
        self,
        *,
        name: str,
        first_on: date | None = None,
        last_on: date | None = None,
        branch: str | None = None,
        as_csv: bool = False,
    ) -> None:
        """Print the report, with one line in memory at a time."""
        report = REPORTS[name]
        if as_csv and self.as_json:
            raise CommandError("use either --json or --csv", returncode=2)
        if (first_on or last_on) and not report.has_period:
            raise CommandError(f"{name} has no period: use --as-of", returncode=2)
        if branch and not report.has_branch:
            raise CommandError(f"{name} cannot be narrowed to a branch", returncode=2)
        lines = all_lines(name, ReportScope(branch=branch, first_on=first_on, last_on=last_on))
        if self.as_json:
            self._print_json(lines)
        elif as_csv:
            for line in csv_lines(report.columns, (_values(report, each) for each in lines)):
                self.stdout.write(line, ending="")
        else:
            self._print_table(report, lines)

    def _print_json(self, lines: Iterable[Any]) -> None:  # of any report
        separator = "["
        for line in lines:
            self.stdout.write(separator + json.dumps(to_builtins(line), ensure_ascii=False), ending="")
            separator = ",\n "
        self.stdout.write("[]" if separator == "[" else "]")

    def _print_table(self, report: Report, lines: Iterable[Any]) -> None:  # of any report
        shown = list(islice(lines, _MOST_LINES + 1))
        rows = [[_format(value) for value in _values(report, each)] for each in shown[:_MOST_LINES]]
        self.table(*(column.replace("_", " ") for column in report.columns), rows=rows)
        if len(shown) > _MOST_LINES:
            self.stdout.write(f"Only the first {_MOST_LINES} lines are shown. Use --json or --csv for all.")


def _values(report: Report, line: Any) -> list[object]:  # a line of that report
    return [getattr(line, column) for column in report.columns]


def _format(value: object) -> object:
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "strftime") else value
