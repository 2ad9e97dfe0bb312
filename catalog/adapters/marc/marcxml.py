"""Read MARCXML as a stream, record by record, in constant memory.

A document that declares a DOCTYPE is refused at that point, before an entity could be declared or expanded.
"""

import codecs
from collections.abc import Iterable, Iterator
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from pymarc import Field, Indicators

from catalog.adapters.marc.fields import (
    LONGEST_RECORD,
    WANTED_TAGS,
    MarcRecord,
    ReadRecord,
    UnreadableRecord,
)
from catalog.services.imports.records import LONGEST_ORIGINAL

_NAMESPACE = "http://www.loc.gov/MARC21/slim"
_SEPARATOR = " "


def read_marcxml(blocks: Iterable[bytes], *, encoding: str | None) -> Iterator[ReadRecord]:
    """Give each record of the document in turn, or why it can't be read, with its element in UTF-8.

    encoding: a Python codec that overrides the document's own declaration, or None. An element that lacks
    its tag or code costs its record; where the XML itself is broken, one UnreadableRecord stands for all the
    rest, and for the whole where no MARC record is in it.
    """
    nothing_found = True
    for records in _Document().read(_decoded(blocks, encoding)):
        for record in records:
            nothing_found = False
            yield record
    if nothing_found:
        yield UnreadableRecord("The XML holds no MARC record."), b""


def _decoded(blocks: Iterable[bytes], encoding: str | None) -> Iterator[bytes | str]:
    # MARC-8 has no place in XML, which says itself how it is encoded.
    if encoding is None or encoding == "marc8":
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in blocks:
            yield decoder.decode(block)
        yield decoder.decode(b"", final=True)
    except ValueError:
        raise UnreadableRecord(f"From here on the file is not in the encoding {encoding}.") from None


class _Document:
    """Collects the records that the parser has finished."""

    def __init__(self) -> None:
        self._finished: list[ReadRecord] = []
        self._record: _Record | None = None
        parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        self._parser = parser

    def read(self, blocks: Iterable[bytes | str]) -> Iterator[list[ReadRecord]]:
        """Give the records that each block completes and, if reading had to stop, why."""
        try:
            for block in blocks:
                self._parse(block)
                yield self._taken()
            self._parse(b"", final=True)
        except UnreadableRecord as stopped:
            self._finished.append((stopped, b""))
        yield self._taken()

    def _parse(self, block: bytes | str, *, final: bool = False) -> None:
        try:
            self._parser.Parse(block, final)
        except expat.ExpatError as error:
            raise UnreadableRecord(
                f"From here on the XML is broken: {expat.ErrorString(error.code)} (line {error.lineno})."
            ) from None
        except (ValueError, LookupError):
            raise UnreadableRecord("The XML declares an encoding that can't be read.") from None

    def _taken(self) -> list[ReadRecord]:
        finished, self._finished = self._finished, []
        return finished

    @staticmethod
    def _refuse_doctype(*_declaration: object) -> None:
        raise UnreadableRecord("The XML declares a DOCTYPE, which is refused: remove it and import again.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        element = name.removeprefix(_NAMESPACE + _SEPARATOR)
        if element == "record":
            self._record = _Record()
        elif self._record is not None:
            self._record.open(element, attributes)

    def _characters(self, text: str) -> None:
        if self._record is not None:
            self._record.write(text)

    def _end(self, name: str) -> None:
        if self._record is None:
            return
        element = name.removeprefix(_NAMESPACE + _SEPARATOR)
        if element == "record":
            self._finished.append(self._record.finish())
            self._record = None
        else:
            self._record.close(element)


class _Record:
    """The record being parsed; the first fault in it is kept until its end."""

    def __init__(self) -> None:
        self._leader = ""
        self._fields: list[Field] = []
        self._field: Field | None = None
        self._code = ""
        self._text: list[str] = []
        self._size = 0
        self._fault: str | None = None
        self._original: list[str] = []

    def open(self, element: str, attributes: dict[str, str]) -> None:
        self._text = []
        self._grow(len(element))
        self._keep(_start_tag(element, attributes))
        if self._fault is not None:
            return
        if element in {"controlfield", "datafield"}:
            # Some files drop the leading zeros of a tag.
            tag = self._required(element, attributes, "tag").zfill(3)
            indicators = Indicators(attributes.get("ind1", " "), attributes.get("ind2", " "))
            self._field = Field(tag, indicators) if tag in WANTED_TAGS else None
        elif element == "subfield":
            self._code = self._required(element, attributes, "code")

    def write(self, text: str) -> None:
        self._grow(len(text))
        self._keep(escape(text))
        if self._fault is None:
            self._text.append(text)

    def close(self, element: str) -> None:
        text, self._text = "".join(self._text), []
        self._keep(f"</{_local(element)}>")
        if self._fault is not None:
            return
        if element == "leader":
            self._leader = text
        elif self._field is not None:
            if element == "subfield":
                self._field.add_subfield(self._code, text)
            elif element == "controlfield":
                self._field.data = text
            if element in {"controlfield", "datafield"}:
                self._fields.append(self._field)
                self._field = None

    def finish(self) -> ReadRecord:
        record = UnreadableRecord(self._fault) if self._fault else MarcRecord(self._leader, self._fields)
        return record, f"<record>{''.join(self._original)}</record>".encode() if self._original else b""

    def _keep(self, piece: str) -> None:
        if self._size <= LONGEST_ORIGINAL:
            self._original.append(piece)
        else:
            self._original = []

    def _required(self, element: str, attributes: dict[str, str], name: str) -> str:
        if not attributes.get(name):
            self._fault = f"A <{element}> of the record has no {name}."
        return attributes.get(name, "")

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > LONGEST_RECORD:
            self._fault, self._fields, self._text = "The record is too long.", [], []


def _start_tag(element: str, attributes: dict[str, str]) -> str:
    own = [f" {name}={_quoted(value)}" for name, value in attributes.items() if _SEPARATOR not in name]
    return f"<{_local(element)}{''.join(own)}>"


def _quoted(value: str) -> str:
    # Nearly every attribute is a tag, a code or a blank, for which `quoteattr` takes many times longer.
    return f'"{value}"' if value.isalnum() or value == " " else quoteattr(value)


def _local(element: str) -> str:
    return element.rpartition(_SEPARATOR)[2]
