"""MARC files for tests: records in ISO 2709 and MARCXML, and what reading them gives."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pymarc import Field, Indicators, Record, Subfield

from catalog.adapters.marc.reader import read_marc
from catalog.services.imports.records import RejectedRecord, SourceRecord

REAL_FILES = Path(__file__).parents[3].parent / "shared" / "data"
Outcome = SourceRecord | RejectedRecord


def outcomes(file: bytes, *, encoding: str | None = None) -> list[Outcome]:
    return list(read_marc(io.BytesIO(file), encoding=encoding))


def only(file: bytes, *, encoding: str | None = None) -> SourceRecord:
    (record,) = outcomes(file, encoding=encoding)
    assert isinstance(record, SourceRecord), record
    return record


def refusal(file: bytes, *, encoding: str | None = None) -> str:
    (record,) = outcomes(file, encoding=encoding)
    assert isinstance(record, RejectedRecord), record
    return record.reason


def field(tag: str, *subfields: str, indicators: str = "  ") -> Field:
    """A field in the notation of cataloguers: each subfield begins with its code."""
    return Field(tag, Indicators(*indicators), [Subfield(text[0], text[1:]) for text in subfields])


def marc(*fields: Field) -> bytes:
    """A record in ISO 2709 and UTF-8."""
    record = Record(force_utf8=True)
    record.fields.extend(fields)
    return bytes(record.as_marc())


def book(title: str) -> bytes:
    return marc(
        Field("001", data=title[-1]), field("100", "aDoe, Jane."), field("245", f"a{title} /", "cJane Doe.")
    )


def raw_marc(*fields: tuple[str, bytes], flag: bytes = b" ") -> bytes:
    """A record of bytes in any encoding; flag is leader 09, "a" for UTF-8."""
    directory, body = b"", b""
    for tag, octets in fields:
        directory += b"%s%04d%05d" % (tag.encode(), len(octets) + 1, len(body))
        body += octets + b"\x1e"
    base = 24 + len(directory) + 1
    leader = b"%05dnam %s22%05d   4500" % (base + len(body) + 1, flag, base)
    return leader + directory + b"\x1e" + body + b"\x1d"


def titled(octets: bytes, *, flag: bytes = b" ") -> bytes:
    return raw_marc(("245", b"00\x1fa" + octets), flag=flag)


def marcxml(*records: str) -> bytes:
    collection = '<collection xmlns="http://www.loc.gov/MARC21/slim">{}</collection>'
    return collection.format("".join(records)).encode()


def xml_book(title: str) -> str:
    return (
        f'<record><leader>00000nam a2200000 a 4500</leader><datafield tag="245" ind1="0" ind2="0">'
        f'<subfield code="a">{title}</subfield></datafield></record>'
    )


def real(name: str) -> bytes:
    path = REAL_FILES / name
    if not path.exists():
        pytest.skip(f"{name} is not here")
    return path.read_bytes()


def titles(records: list[Outcome]) -> list[str]:
    return [record.title for record in records if isinstance(record, SourceRecord)]


@dataclass
class EndlessFile(io.BytesIO):
    """A file too big to keep: gives the same block many times."""

    block: bytes
    times: int
    then: bytes
    first: bytes = b""
    blocks_read: int = 0

    def read(self, size: int | None = -1, /) -> bytes:
        assert size
        assert size > 0
        self.blocks_read += 1
        if self.blocks_read == 1 and self.first:
            return self.first
        if self.blocks_read <= self.times + bool(self.first):
            return self.block
        given, self.then = self.then, b""
        return given


def assert_sound(records: list[Outcome]) -> None:
    assert [record.number for record in records] == list(range(1, len(records) + 1))
    for record in records:
        if isinstance(record, RejectedRecord):
            assert record.reason.endswith(".")
            continue
        assert 0 < len(record.title) <= 500
        assert record.authors
        for text in _texts(record):
            assert text == " ".join(text.split())
            assert text
            text.encode()  # a surrogate could not be


def _texts(record: SourceRecord) -> Iterator[str]:
    yield from (record.title, *record.authors, *record.isbns, *record.subjects)
    yield from filter(None, (record.source_id, record.publisher, record.language))
