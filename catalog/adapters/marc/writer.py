"""Write Books as MARC 21 records, in ISO 2709 or as MARCXML, in UTF-8.

Source of the tags and codes: the Library of Congress, "MARC 21 Format for Bibliographic Data".
"""

import re
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from pymarc import Field, Indicators, Record, Subfield

from catalog.adapters.marc.languages import WHOLE_TAGS, marc_language
from catalog.adapters.marc.translation import COMMON_YEARS, UNKNOWN_AUTHOR
from catalog.services.queries.export_books import ExportedBook

ORIGIN = "LIBRARY"
"""Field 003 of exported records. Together with 001 it identifies a record that is imported again."""

_LEADER = "     nam a22     7u 4500"
_LONGEST = 99_999
_FIRST, _LAST_YEAR = 1, 9999
_NO_XML = re.compile("[\ufffe\uffff]")
_XML_START = '<?xml version="1.0" encoding="UTF-8"?>\n<collection xmlns="http://www.loc.gov/MARC21/slim">\n'
_XML_END = "</collection>\n"


def write_iso2709(books: Iterable[ExportedBook]) -> Iterator[bytes]:
    """Give each Book's record. One of more than 99 999 bytes loses its last subjects, then authors."""
    for book in books:
        fields = _fields(book)
        written = _iso2709(fields)
        while len(written) > _LONGEST:
            fields.remove(
                next(field for tag in ("852", "650", "700") for field in fields[::-1] if field.tag == tag)
            )
            written = _iso2709(fields)
        yield written


def write_marcxml(books: Iterable[ExportedBook]) -> Iterator[bytes]:
    """Give the document piece by piece: its beginning, each Book's record, its end."""
    yield from collection(
        f"<record><leader>{_LEADER}</leader>{''.join(map(_xml, _fields(book)))}</record>".encode()
        for book in books
    )


def collection(records: Iterable[bytes]) -> Iterator[bytes]:
    """Give a MARCXML document of these elements, in UTF-8, piece by piece."""
    yield _XML_START.encode()
    yield from (record + b"\n" for record in records)
    yield _XML_END.encode()


def _iso2709(fields: list[Field]) -> bytes:
    record = Record(force_utf8=True, leader=_LEADER)
    record.add_field(*fields)  # type: ignore[no-untyped-call]  # pymarc's own
    written: bytes = record.as_marc()
    return written


def _fields(book: ExportedBook) -> list[Field]:
    authors = [name for name in book.authors if name != UNKNOWN_AUTHOR]
    said = book.year is not None and book.year >= 0
    imprint = {"b": book.publisher, "c": str(book.year) if said else None}
    return [
        Field("001", data=str(book.id)),
        Field("003", data=ORIGIN),
        Field("008", data=_fixed(book)),
        *(_field("020", "  ", a=isbn) for isbn in book.isbns),
        *_whole_language(book.language),
        *_uncommon_year(book.year),
        *(_field("100", "1 ", a=name) for name in authors[:1]),
        _field("245", "10" if authors else "00", a=book.title),
        *([_field("264", " 1", **imprint)] if any(imprint.values()) else []),
        *(_subject(subject) for subject in book.subjects),
        *(_field("700", "1 ", a=name) for name in authors[1:]),
        *(_field("852", "  ", b=copy.branch, p=copy.barcode) for copy in book.copies),
    ]


def _fixed(book: ExportedBook) -> str:
    """Field 008, 40 characters: when it came, the year of publication, the language."""
    known = book.year is not None and _FIRST <= book.year <= _LAST_YEAR
    date = f"s{book.year:04}" if known else "nuuuu"
    return f"{book.added_on}{date}    xx {' ' * 17}{marc_language(book.language)} d"


def _whole_language(code: str | None) -> list[Field]:
    """Field 041 for what 008 can't say: an “en-GB”, or a code of two letters."""
    if code is None or code == marc_language(code):
        return []
    return [Field("041", Indicators(" ", "7"), [Subfield("a", code), Subfield("2", WHOLE_TAGS)])]


def _uncommon_year(year: int | None) -> list[Field]:
    """Field 046 for years that readers of 008 and 264 would take for a mistake."""
    if year is None or year in COMMON_YEARS:
        return []
    return [_field("046", "  ", a="s", **({"b": str(-year)} if year < 0 else {"c": f"{year:04}"}))]


def _subject(subject: str) -> Field:
    main, *divisions = subject.split(" -- ")
    return Field(
        "650", Indicators(" ", "4"), [Subfield("a", main), *(Subfield("x", each) for each in divisions)]
    )


def _field(tag: str, indicators: str, **subfields: str | None) -> Field:
    said = [Subfield(code, text) for code, text in subfields.items() if text is not None]
    return Field(tag, Indicators(*indicators), said)


def _xml(field: Field) -> str:
    if field.data is not None:
        return f"<controlfield tag={quoteattr(field.tag)}>{_text(field.data)}</controlfield>"
    first, second = quoteattr(field.indicator1), quoteattr(field.indicator2)
    inside = "".join(
        f"<subfield code={quoteattr(code)}>{_text(value)}</subfield>" for code, value in field.subfields
    )
    return f"<datafield tag={quoteattr(field.tag)} ind1={first} ind2={second}>{inside}</datafield>"


def _text(value: str) -> str:
    return escape(_NO_XML.sub("", value))
