"""The product's only CSV writer: lines (RFC 4180) that a spreadsheet may open without running anything."""

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

#: A spreadsheet takes a cell that begins so for a formula, and runs it.
_FORMULA_SIGNS: Final = frozenset("=+-@")
#: Spreadsheets pass over characters of these categories before the sign: blanks, controls, invisible formats.
_PASSED_OVER: Final = ("Z", "Cc", "Cf")
#: Before a formula it makes the cell a text.
_GUARD: Final = "'"


class _Echo:
    """Gives the csv writer's line back instead of writing it anywhere."""

    def write(self, line: str) -> str:
        return line


def csv_lines(
    heads: Sequence[str], rows: Iterable[Iterable[object]], *, delimiter: str = ","
) -> Iterator[str]:
    """The line of heads and each row's, as they are asked for. Instants are written as RFC 3339 in UTC."""
    writer = csv.writer(_Echo(), delimiter=delimiter)
    yield writer.writerow([_cell(head) for head in heads])
    for row in rows:
        yield writer.writerow([_cell(value) for value in row])


def without_guard(cell: str) -> str:
    """The text of a cell that `csv_lines`, or a person in a spreadsheet, kept from being run as a formula."""
    return cell[1:] if cell.startswith(_GUARD) and _is_formula(cell[1:]) else cell


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and _is_formula(value):
        return f"{_GUARD}{value}"
    return value


def _is_formula(text: str) -> bool:
    """Whether a spreadsheet would run it. NFKC turns full-width and small signs into the plain ones."""
    if text.startswith(("\t", "\r", "\n")):
        return True
    first = next((char for char in text if not unicodedata.category(char).startswith(_PASSED_OVER)), "")
    return unicodedata.normalize("NFKC", first) in _FORMULA_SIGNS
