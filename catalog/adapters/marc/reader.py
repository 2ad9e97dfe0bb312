"""Read another institution's records: MARC 21 (ISO 2709) or MARCXML, distinguished by their first bytes."""

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

from catalog.adapters.marc.fields import MarcRecord, UnreadableRecord
from catalog.adapters.marc.iso2709 import PADDING, RECORD_END, read_iso2709
from catalog.adapters.marc.marcxml import read_marcxml
from catalog.adapters.marc.translation import translate
from catalog.services.imports.records import Readable, Record, RejectedRecord, kept_original

_BLOCK = 64 * 1024
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0")
_TELLING = 4
_RECORD_TAG = re.compile(rb"(?:[\w.-]{1,100}:)?record[\s/>]")
_ASCII_SAMPLE = "Az09 +-~\\x41"


def read_marc(stream: Readable, *, encoding: str | None = None) -> Iterator[Record]:
    """Give each record of the file in our words, or why it was rejected, in the order of the file.

    The stream is read from where it stands, once, in constant memory. encoding overrides what the file says
    of itself ("marc8", or the name of a Python codec); None believes the file. No content of the file
    raises; an encoding that can't be one of a MARC file raises ValueError, at once.
    """
    return _read(stream, parse_encoding(encoding) if encoding is not None else None)


def count_records(stream: BinaryIO) -> int | None:
    """Estimate how many records the file holds, for a progress bar; None if that would be slow.

    The stream must be seekable and is left where it stood.
    """
    start = stream.tell()
    try:
        head, blocks = _opened(stream)
        if head.startswith(_UTF_16):
            return None
        return _count_elements(blocks) if head.startswith(b"<") else _count_terminators(blocks)
    finally:
        stream.seek(start)


def parse_encoding(name: str) -> str:
    """Give the name of the encoding as read_marc knows it. Raises ValueError if it knows no such encoding."""
    if re.sub(r"[^a-z0-9]", "", name.lower()) == "marc8":
        return "marc8"
    try:
        codec = io.TextIOWrapper(io.BytesIO(_ASCII_SAMPLE.encode()), encoding=name)
        extends_ascii = codec.read() == _ASCII_SAMPLE
    except (LookupError, ValueError):
        extends_ascii = False
    if not extends_ascii:
        raise ValueError(
            "Unknown encoding: give marc8, utf-8, or another that extends ASCII, such as cp1251."
        )
    return codecs.lookup(name).name


def _read(stream: Readable, encoding: str | None) -> Iterator[Record]:
    head, blocks = _opened(stream)
    read = read_marcxml if head.startswith((b"<", *_UTF_16)) else read_iso2709
    for number, (record, octets) in enumerate(read(blocks, encoding=encoding), start=1):
        yield _translated(record, number, kept_original(octets))


def _translated(record: MarcRecord | UnreadableRecord, number: int, original: bytes) -> Record:
    try:
        if isinstance(record, UnreadableRecord):
            raise record
        return translate(record, number=number, original=original)
    except UnreadableRecord as unreadable:
        return RejectedRecord(number=number, reason=str(unreadable), original=original)


def _opened(stream: Readable) -> tuple[bytes, Iterable[bytes]]:
    """Give the first bytes after a byte order mark of UTF-8 and padding, and all blocks from there on."""
    blocks = iter(lambda: stream.read(_BLOCK), b"")
    head = b""
    for block in blocks:
        head = (head + block).lstrip(PADDING).removeprefix(codecs.BOM_UTF8).lstrip(PADDING)
        if len(head) >= _TELLING:
            break
    return head, chain([head] if head else [], blocks)


def _count_terminators(blocks: Iterable[bytes]) -> int:
    count, pending = 0, b""
    for block in blocks:
        count += block.count(RECORD_END)
        pending = block.rpartition(RECORD_END)[2] if RECORD_END in block else pending + block
        pending = pending.strip(PADDING)[:1]
    return count + bool(pending)


def _count_elements(blocks: Iterable[bytes]) -> int:
    count, pending = 0, b""
    for block in blocks:
        *complete, pending = (pending + block).split(b"<")
        count += sum(_RECORD_TAG.match(piece) is not None for piece in complete)
        pending = pending[:200]
    return count + (_RECORD_TAG.match(pending) is not None)
