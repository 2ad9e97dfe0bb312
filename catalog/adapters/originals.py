"""Records of a file, each one alone, become a file again."""

import codecs
from collections.abc import Iterable, Iterator

from catalog.adapters.marc.writer import collection
from catalog.domain.import_states import FileFormat


def file_of(records: Iterable[bytes], *, format: FileFormat) -> Iterator[bytes]:
    """Give the file piece by piece. Not a byte of a record is changed: it is to be imported again.

    A spreadsheet is in UTF-8, and marked as such for the programs that open it; a record of MARC 21 is in
    whatever encoding it was.
    """
    if format is FileFormat.CSV:
        return _spreadsheet(records)
    return collection(records) if format is FileFormat.MARCXML else iter(records)


def _spreadsheet(records: Iterable[bytes]) -> Iterator[bytes]:
    """Each record is a spreadsheet of one row, the first line naming the columns: once is enough."""
    yield codecs.BOM_UTF8
    for number, record in enumerate(records):
        header, _, row = record.partition(b"\n")
        yield (b"" if number else header + b"\n") + row.removesuffix(b"\n") + b"\n"
