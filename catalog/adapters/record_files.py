"""Reads files of records in any known format, which is recognised by the content."""

import codecs
import io
import re
from collections.abc import Iterator

from catalog.adapters.marc.iso2709 import RECORD_END, RECORD_START
from catalog.adapters.marc.reader import count_records, parse_encoding, read_marc
from catalog.adapters.spreadsheet.reader import read_csv
from catalog.domain.import_states import FileFormat
from catalog.services.imports.job import FileUnreadable, RecognisedFile, UnknownEncoding
from catalog.services.imports.records import Readable, Record

_SAMPLE = 200_000
_LEADER = re.compile(rb"\s*[0-9]{5}.{5}22[0-9]{5}", re.DOTALL)
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: What other files begin with, and what to do about them.
_OTHERS = {
    b"PK\x03\x04": "This is a ZIP archive: unpack it. An Excel or LibreOffice workbook: save it as CSV.",
    b"\x1f\x8b": "This file is compressed (gzip): unpack it, and send what is inside.",
    b"\xd0\xcf\x11\xe0": "This is an Excel workbook: save it as CSV, and send that.",
    b"%PDF": "This is a PDF: it holds pages, not records.",
}
_NO_MARC = "The file holds no MARC 21 record."
_NO_MARC_IN_XML = "The XML holds no MARC record."
_OF_MARC = (".mrc", ".marc", ".dat", ".iso", ".iso2709")


class RecordFiles:
    """Recognises files by their content; a name decides only where the content doesn't."""

    def recognise(self, content: bytes, *, name: str, encoding: str | None) -> RecognisedFile:
        """What the file is. Raises FileUnreadable and UnknownEncoding."""
        if encoding is not None:
            check_encoding(encoding)
        found = format_of(content[:_SAMPLE], name=name)
        if found is FileFormat.CSV:
            if next(read_csv(io.BytesIO(content), encoding=encoding), None) is None:
                raise FileUnreadable(reason="The spreadsheet names its columns and has no rows.")
            return RecognisedFile(format=found, total=max(0, content.count(b"\n") - 1) or None)
        total = count_records(io.BytesIO(content))
        if found is FileFormat.MARCXML and total == 0:
            raise FileUnreadable(reason=_NO_MARC_IN_XML)
        if found is FileFormat.MARC21 and not RECORD_START.search(content):
            raise FileUnreadable(reason=_NO_MARC)
        return RecognisedFile(format=found, total=total)

    def read(self, stream: Readable, *, format: FileFormat, encoding: str | None) -> Iterator[Record]:
        """The records of the file, in order. Raises FileUnreadable."""
        return read_records(stream, format=format, encoding=encoding)


def format_of(sample: bytes, *, name: str) -> FileFormat:
    """What a file is that begins so. Raises FileUnreadable if that is nothing with records."""
    start = _as_utf8(sample).removeprefix(codecs.BOM_UTF8).lstrip()
    if not start:
        raise FileUnreadable(reason="The file is empty.")
    for beginning, advice in _OTHERS.items():
        if start.startswith(beginning):
            raise FileUnreadable(reason=advice)
    if start.startswith(b"<"):
        return FileFormat.MARCXML
    if _LEADER.match(start) or RECORD_END in sample or name.lower().endswith(_OF_MARC):
        return FileFormat.MARC21
    return FileFormat.CSV


def _as_utf8(sample: bytes) -> bytes:
    return sample.decode("utf-16", "replace").encode() if sample.startswith(_UTF_16) else sample


def read_records(stream: Readable, *, format: FileFormat, encoding: str | None) -> Iterator[Record]:
    """Give each record of the file in our words, or why it was rejected. Raises FileUnreadable."""
    if format is not FileFormat.CSV:
        return read_marc(stream, encoding=encoding)
    return read_csv(stream, encoding=encoding)


def check_encoding(name: str) -> None:
    """Raise UnknownEncoding unless text can be in it."""
    try:
        parse_encoding(name)
    except ValueError:
        raise UnknownEncoding from None
