"""Files of records, whatever they are written in: told apart by their content, and read."""

import codecs
import io
import re
from collections.abc import Iterator

from catalog.adapters.marc.iso2709 import RECORD_END
from catalog.adapters.marc.reader import Readable, count_records, parse_encoding, read_marc
from catalog.adapters.spreadsheet.reader import read_csv
from catalog.domain.import_states import FileFormat
from catalog.services.imports import FileUnreadable, RecognisedFile, UnknownEncoding
from catalog.services.records import RejectedRecord, SourceRecord

Records = Iterator[SourceRecord | RejectedRecord]

_SAMPLE = 200_000
_LEADER = re.compile(rb"\s*[0-9]{5}.{5}22[0-9]{5}", re.DOTALL)
_XML = (b"<", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_OF_MARC = (".mrc", ".marc", ".dat", ".iso", ".iso2709")


class RecordFiles:
    """Recognises files by their content; a name decides only where the content doesn't."""

    def recognise(self, content: bytes, *, name: str, encoding: str | None) -> RecognisedFile:
        """What the file is. Raises FileUnreadable and UnknownEncoding."""
        if encoding is not None:
            check_encoding(encoding)
        found = format_of(content[:_SAMPLE], name=name)
        if found is FileFormat.CSV:
            next(read_csv(io.BytesIO(content[:_SAMPLE]), encoding=encoding), None)
            return RecognisedFile(format=found, total=max(0, content.count(b"\n") - 1) or None)
        return RecognisedFile(format=found, total=count_records(io.BytesIO(content)))


def format_of(sample: bytes, *, name: str) -> FileFormat:
    """What a file is that begins so. Raises FileUnreadable for an empty one."""
    start = sample.removeprefix(codecs.BOM_UTF8).lstrip()
    if not start:
        raise FileUnreadable(reason="The file is empty.")
    if start.startswith(_XML):
        return FileFormat.MARCXML
    if _LEADER.match(start) or RECORD_END in sample or name.lower().endswith(_OF_MARC):
        return FileFormat.MARC21
    return FileFormat.CSV


def read_records(stream: Readable, *, format: FileFormat, encoding: str | None) -> Records:
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
