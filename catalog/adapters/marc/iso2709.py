"""Read MARC 21 in its binary form, ISO 2709, from files that are not always what they claim.

The terminator 0x1D alone separates records; the length in the leader is only a hint, since converters often
count characters instead of bytes. So one damaged record never takes its neighbours along.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from pymarc import Field, Indicators, Subfield

from catalog.adapters.marc.fields import (
    LONGEST_RECORD,
    WANTED_TAGS,
    MarcRecord,
    ReadRecord,
    UnreadableRecord,
)
from catalog.adapters.marc.marc8 import decode_marc8

RECORD_END = b"\x1d"
PADDING = b" \t\r\n\0\x1a"
_FIELD_END = b"\x1e"
_SUBFIELD = b"\x1f"
_DIRECTORY_START = 24
_ENTRY = re.compile(rb"([ -~]{3})([0-9]{4})([0-9]{5})")
RECORD_START = re.compile(rb"(?=([0-9]{5}).{5}22[0-9]{5})", re.DOTALL)

_Decoder = Callable[[bytes], str]


def read_iso2709(blocks: Iterable[bytes], *, encoding: str | None) -> Iterator[ReadRecord]:
    """Give each record of the file in turn, or why it can't be read, with its bytes.

    encoding: "marc8", a Python codec that extends ASCII, or None to believe the leader.
    Padding between records (white space, NUL, the end-of-file mark of DOS) is no record.
    """
    for piece in _pieces(blocks):
        try:
            yield _record(piece, encoding), piece
        except UnreadableRecord as unreadable:
            yield unreadable, piece


def _pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    pending = b""
    for block in blocks:
        *whole, pending = (pending + block).split(RECORD_END)
        for chunk in whole:
            yield from _resynchronised(chunk.lstrip(PADDING) + RECORD_END)
        # The end is kept: if a record follows a long stretch of garbage, it is found there.
        pending = pending[-LONGEST_RECORD:]
    if pending.strip(PADDING):
        yield pending.lstrip(PADDING)


def _resynchronised(chunk: bytes) -> Iterator[bytes]:
    """Part a record from what stands before it: garbage, or a record that lost its terminator."""
    if not _claims_the_length(chunk[:5], len(chunk)):
        for start in RECORD_START.finditer(chunk, 1):
            if _claims_the_length(start[1], len(chunk) - start.start()):
                yield chunk[: start.start()] + RECORD_END
                chunk = chunk[start.start() :]
                break
    if chunk != RECORD_END:
        yield chunk


def _claims_the_length(digits: bytes, length: int) -> bool:
    return digits.isdigit() and int(digits) == length


def _record(piece: bytes, encoding: str | None) -> MarcRecord:
    if not piece[12:17].isdigit():
        raise UnreadableRecord("This does not begin as a MARC 21 record does.")
    if not piece.endswith(RECORD_END):
        raise UnreadableRecord("The file ends before this record does.")
    wanted = [(tag, octets) for tag, octets in _raw_fields(piece) if tag in WANTED_TAGS]
    leader = piece[:_DIRECTORY_START].decode("ascii", "replace")
    decode = _decoder(leader, b"".join(octets for _, octets in wanted), encoding)
    return MarcRecord(leader, [_field(tag, octets, decode) for tag, octets in wanted])


def _raw_fields(piece: bytes) -> Iterator[tuple[str, bytes]]:
    entries, body = _directory(piece)
    if all(_is_one_field(body, length, offset) for _, length, offset in entries):
        return ((tag, body[offset : offset + length - 1]) for tag, length, offset in entries)
    # Lengths counted in characters are wrong, yet the fields still stand in the order of the directory.
    *fields, _ = body.split(_FIELD_END)
    offsets = [offset for *_, offset in entries]
    if len(fields) != len(entries) or offsets != sorted(set(offsets)):
        raise UnreadableRecord("The fields of the record are not where its directory says.")
    return ((tag, octets) for (tag, *_), octets in zip(entries, fields, strict=True))


def _directory(piece: bytes) -> tuple[list[tuple[str, int, int]], bytes]:
    end = piece.find(_FIELD_END)
    directory = piece[_DIRECTORY_START : max(end, 0)]
    if not _claims_the_length(piece[12:17], end + 1):
        raise UnreadableRecord("The leader of the record is damaged: its fields begin elsewhere.")
    if len(directory) % 12 or not re.fullmatch(rb"(?:[ -~]{3}[0-9]{9})*", directory):
        raise UnreadableRecord("The directory of the record is damaged.")
    if not directory:
        raise UnreadableRecord("The record has no fields.")
    entries = [
        (tag.decode("ascii"), int(length), int(offset)) for tag, length, offset in _ENTRY.findall(directory)
    ]
    return entries, piece[end + 1 :]


def _is_one_field(body: bytes, length: int, offset: int) -> bool:
    begins = offset == 0 or body[offset - 1 : offset] == _FIELD_END
    return begins and body.find(_FIELD_END, offset) == offset + length - 1


def _decoder(leader: str, text: bytes, encoding: str | None) -> _Decoder:
    if encoding is not None:
        return _strict(encoding, f"Its text is not in the encoding {encoding}.")
    if leader[9:10] == "a":
        return _strict(
            "utf-8",
            "It is marked as UTF-8 but its text is not: import it again in its real encoding, perhaps marc8.",
        )
    # Accented MARC-8 is hardly ever valid UTF-8, so valid UTF-8 is a record that was not marked as such.
    return _strict(
        "marc8" if text.isascii() or not _is_utf8(text) else "utf-8",
        "Its text is neither MARC-8 nor UTF-8: import it again in its real encoding, perhaps cp1252.",
    )


def _strict(encoding: str, complaint: str) -> _Decoder:
    def decode(octets: bytes) -> str:
        try:
            return decode_marc8(octets) if encoding == "marc8" else octets.decode(encoding)
        except ValueError:
            raise UnreadableRecord(complaint) from None

    return decode


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _field(tag: str, octets: bytes, decode: _Decoder) -> Field:
    if tag < "010":
        return Field(tag, data=decode(octets))
    indicators, *subfields = octets.split(_SUBFIELD)
    indicator = indicators.decode("latin-1").ljust(2)
    return Field(
        tag,
        Indicators(indicator[0], indicator[1]),
        [Subfield(part[:1].decode("latin-1"), decode(part[1:])) for part in subfields if part],
    )
