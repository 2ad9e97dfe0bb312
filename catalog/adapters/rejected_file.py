"""Records of a file, each one alone, become a file again."""

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain

from catalog.adapters.marc.writer import collection
from catalog.adapters.spreadsheet.reader import cells_of, separator_of
from catalog.domain.import_states import FileFormat
from shared_kernel.services.csv_lines import csv_lines


def rejected_file(records: Iterable[bytes], *, format: FileFormat) -> Iterator[bytes]:
    """Stream the rejected records as a file that can be corrected and imported again.

    A MARC record comes back byte for byte. A spreadsheet is in UTF-8, and marked as such for the programs
    that open it; its cells are guarded against being run as formulas, and importing takes the guard off.
    """
    if format is FileFormat.CSV:
        return _spreadsheet(iter(records))
    return collection(records) if format is FileFormat.MARCXML else iter(records)


def _spreadsheet(records: Iterator[bytes]) -> Iterator[bytes]:
    """Each record is a spreadsheet of one row, the first line naming the columns: once is enough."""
    yield codecs.BOM_UTF8
    first = next(records, None)
    if first is None:
        return
    header = _parts(first)[0]
    separator = separator_of(header)
    rows = (cells_of(_parts(record)[1], separator) for record in chain([first], records))
    for line in csv_lines(cells_of(header, separator), rows, delimiter=separator):
        yield line.encode()


def _parts(record: bytes) -> tuple[str, str]:
    header, _, row = record.decode("utf-8", "replace").partition("\n")
    return header, row
