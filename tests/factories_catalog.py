"""Files to import, made of records as people describe them."""

from io import BytesIO
from typing import Any

from pymarc import Field, Indicators, Record, Subfield


def marc(*records: dict[str, Any]) -> BytesIO:
    """A MARC 21 file in UTF-8. A record may say its id, title, author, isbns, year and publisher."""
    return BytesIO(b"".join(_record(**each).as_marc() for each in records))


def _record(
    *,
    title: str,
    author: str = "Eliot, George",
    id: str | None = None,
    isbns: tuple[str, ...] = (),
    year: int | None = None,
    publisher: str | None = None,
) -> Record:
    fields = [Field("001", data=id), Field("003", data="XX-Test")] if id is not None else []
    fields += [_field("020", a=isbn) for isbn in isbns]
    fields += [_field("100", a=author), _field("245", a=title)]
    if year is not None or publisher is not None:
        said = {"b": publisher, "c": None if year is None else str(year)}
        fields.append(_field("264", **{code: text for code, text in said.items() if text is not None}))
    record = Record(force_utf8=True)
    record.add_field(*fields)  # type: ignore[no-untyped-call]  # pymarc's own
    return record


def _field(tag: str, **subfields: str) -> Field:
    return Field(tag, Indicators(" ", " "), [Subfield(code, text) for code, text in subfields.items()])
