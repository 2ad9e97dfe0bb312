"""Read a spreadsheet saved as CSV, mending what spreadsheets do to books."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from catalog.adapters.marc.text import clean, distinct
from catalog.adapters.marc.translation import LONGEST_TITLE, UNKNOWN_AUTHOR
from catalog.adapters.spreadsheet.columns import Column, columns_of, is_plural
from catalog.adapters.spreadsheet.isbns import UnrecoverableIsbn, is_rounded, repaired
from catalog.domain.description import LONGEST_NAME, InvalidLanguage, language_code
from catalog.services.imports.job import FileUnreadable
from catalog.services.imports.records import Readable, Record, RejectedRecord, SourceRecord, kept_original
from shared_kernel.services.csv_lines import without_guard

_BLOCK = 64 * 1024
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SEPARATORS = ",;\t|"
#: In most of the world a file that isn't UTF-8 is this.
_FALLBACK = "cp1252"
_LONGEST_LINE = 1_000_000
_NO_SPREADSHEET = "This is neither MARC nor a spreadsheet (CSV) whose first line names a column “title”."
_YEAR = re.compile(r"-?[0-9]{1,4}(?:\.0+)?")
_YEAR_IN_DATE = re.compile(r"(?<![0-9])(1[0-9]{3}|20[0-9]{2})(?![0-9])")
_AND = re.compile(r"\s+(?:&|and)\s+")


def read_csv(stream: Readable, *, encoding: str | None) -> Iterator[Record]:
    """Give each row below the header in our words, or why it was rejected; empty rows are passed by.

    The original of a row is a spreadsheet of its own, in UTF-8: the header and this row.

    encoding: a Python codec; None takes the file for UTF-8, and from the first byte that isn't for
    Windows-1252. UTF-16 shows by its byte order mark. Raises FileUnreadable where the first line names no
    column of titles.
    """
    lines = _lines(stream, None if encoding == "marc8" else encoding)
    first = next(lines, "")
    separator = separator_of(first)
    header = [without_guard(cell) for cell in cells_of(first, separator)]
    places = columns_of(header)
    if "title" not in places:
        raise FileUnreadable(reason=_NO_SPREADSHEET)
    several = "authors" in places and is_plural(header, places["authors"])
    for number, (row, text) in enumerate(_rows(lines, separator), start=1):
        original = kept_original((first + text).encode("utf-8", "replace"))
        if isinstance(row, str):
            yield RejectedRecord(number=number, reason=row, original=original)
        elif any(row):
            yield _Row(row, places, original).record(number, authors_by_commas=several)


def separator_of(header: str) -> str:
    """The character between the cells: that by which the first line names the most columns."""
    return max(_SEPARATORS, key=lambda char: len(columns_of(cells_of(header, char))))


def cells_of(row: str, separator: str) -> list[str]:
    """The cells of a row, which may be of several lines; one that can't be read is one cell as it stands."""
    try:
        return next(csv.reader(row.splitlines(keepends=True), delimiter=separator), [])
    except csv.Error:
        return [row]


def _lines(stream: Readable, encoding: str | None) -> Iterator[str]:
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    pending = ""
    for text in _decoded(stream, encoding):
        *whole, pending = (pending + newlines.decode(text)).split("\n")
        yield from (line + "\n" for line in whole)
        if len(pending) > _LONGEST_LINE:
            raise FileUnreadable(reason="A line of the file is too long for a spreadsheet.")
    if pending:
        yield pending


def _decoded(stream: Readable, encoding: str | None) -> Iterator[str]:
    blocks = iter(lambda: stream.read(_BLOCK), b"")
    first = next(blocks, b"")
    if first.startswith(_UTF_16):  # what Excel calls Unicode text
        encoding = "utf-16"
    decoder = codecs.getincrementaldecoder(encoding or "utf-8-sig")()
    for block in chain([first], blocks, [b""]):
        state = decoder.getstate()[0]
        try:
            yield decoder.decode(block, final=not block)
        except UnicodeDecodeError:
            decoder = codecs.getincrementaldecoder(_FALLBACK)("replace")
            yield decoder.decode(state + block, final=not block)


def _rows(lines: Iterator[str], separator: str) -> Iterator[tuple[list[str] | str, str]]:
    """Give each row's cells, or why there are none, and the row as it stands in the file."""
    taken: list[str] = []
    rows = csv.reader(_noted(lines, taken), delimiter=separator)
    while True:
        taken.clear()
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"From here on the file is no spreadsheet: {error}.", "".join(taken)
            return
        yield [without_guard(clean(cell)) for cell in row], "".join(taken)


def _noted(lines: Iterator[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


class _Row:
    """The cells of one row by column."""

    def __init__(self, cells: Sequence[str], places: dict[Column, int], original: bytes) -> None:
        self._original = original
        self._cells = {column: cells[place] for column, place in places.items() if place < len(cells)}
        self._remarks: list[str] = []

    def record(self, number: int, *, authors_by_commas: bool) -> Record:
        title = self._cell("title")
        if not title:
            return RejectedRecord(number=number, reason="The row has no title.", original=self._original)
        isbns, year, language = self._isbns(), self._year(), self._language()
        return SourceRecord(
            number=number,
            source_id=None,
            title=title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1].rstrip() + "…",
            authors=_authors(self._cell("authors"), by_commas=authors_by_commas) or (UNKNOWN_AUTHOR,),
            isbns=isbns,
            year=year,
            language=language,
            publisher=self._cell("publisher")[:LONGEST_NAME].rstrip() or None,
            subjects=_parts(self._cell("subjects"), ";" if ";" in self._cell("subjects") else ","),
            remarks=tuple(self._remarks),
            original=self._original,
        )

    def _cell(self, column: Column) -> str:
        return self._cells.get(column, "")

    def _isbns(self) -> tuple[str, ...]:
        """That of ten digits is whole once its zeros are back; a rounded one is asked only where it lacks."""
        found: list[str] = []
        faults: list[str] = []
        for text in (self._cell("isbn"), self._cell("isbn13")):
            if found and is_rounded(text):
                continue
            try:
                isbn = repaired(text)
            except UnrecoverableIsbn as fault:
                faults.append(str(fault))
            else:
                found += [isbn] if isbn else []
        if not found:
            self._remarks += [f"The ISBN was left out. {fault}" for fault in faults[:1]]
        return tuple(dict.fromkeys(found))

    def _year(self) -> int | None:
        text = self._cell("year")
        if _YEAR.fullmatch(text):
            return int(float(text))
        in_date = _YEAR_IN_DATE.search(text)
        if text and not in_date:
            self._remarks.append(f"The year was left out: “{text[:40]}” is none.")
        return int(in_date[1]) if in_date else None

    def _language(self) -> str | None:
        code = self._cell("language").replace("_", "-")
        try:
            return language_code(code) if code else None
        except InvalidLanguage:
            self._remarks.append(f"The language was left out: “{code[:40]}” is no code of ISO 639.")
            return None


def _authors(text: str, *, by_commas: bool) -> tuple[str, ...]:
    if ";" in text or "|" in text:
        return _parts(text.replace("|", ";"), ";")
    return _parts(text, ",") if by_commas else tuple(distinct(_AND.split(text)))


def _parts(text: str, separator: str) -> tuple[str, ...]:
    return tuple(distinct(part.strip()[:LONGEST_NAME] for part in islice(text.split(separator), 1000)))
