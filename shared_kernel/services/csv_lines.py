"""Lines of CSV (RFC 4180) that a spreadsheet may open without running anything."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

#: A spreadsheet takes a cell that begins so for a formula, and runs it.
_RUN_BY_SPREADSHEETS: Final = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    """Gives the csv writer's line back instead of writing it anywhere."""

    def write(self, line: str) -> str:
        return line


def csv_lines(heads: Sequence[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """The line of heads and each row's, as they are asked for. Instants are written as RFC 3339 in UTC."""
    writer = csv.writer(_Echo())
    yield writer.writerow(heads)
    for row in rows:
        yield writer.writerow([_cell(value) for value in row])


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and value.startswith(_RUN_BY_SPREADSHEETS):
        return f"'{value}"
    return value
