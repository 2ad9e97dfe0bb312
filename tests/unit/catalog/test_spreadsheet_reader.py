"""Spreadsheets saved as CSV, with all that spreadsheets do to books."""

from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.adapters.spreadsheet.isbns import UnrecoverableIsbn, repaired
from catalog.adapters.spreadsheet.reader import read_csv
from catalog.services.imports.job import FileUnreadable
from catalog.services.imports.records import RejectedRecord, SourceRecord
from tests.conftest import shared_data


def rows(text: str | bytes, encoding: str | None = None) -> list[SourceRecord | RejectedRecord]:
    raw = text.encode() if isinstance(text, str) else text
    return list(read_csv(BytesIO(raw), encoding=encoding))


def one(header: str, row: str) -> SourceRecord:
    (record,) = rows(f"{header}\n{row}\n")
    assert isinstance(record, SourceRecord)
    return record


class TestAnISBNInACell:
    @pytest.mark.parametrize(
        ("cell", "isbn"),
        [
            ("9780439023481", "9780439023481"),
            ("978-0-439-02348-1", "9780439023481"),
            ("0439023483", "9780439023481"),
            ("439023483", "9780439023481"),
            ("61120081", "9780061120084"),
            ("439023483.0", "9780439023481"),
            ('="0439023483"', "9780439023481"),
            ("'0439023483", "9780439023481"),
            ("043942089X", "9780439420891"),
            ("43942089x", "9780439420891"),
            ("9.78043902348e+12", "9780439023481"),
            ("9,78043902348E+12", "9780439023481"),
            ("", None),
            (" - ", None),
            ("0", None),
            ("0.0", None),
            ("NaN", None),
            ("N/A", None),
        ],
    )
    def test_is_mended_where_nothing_is_lost(self, cell: str, isbn: str | None) -> None:
        assert repaired(cell) == isbn

    @pytest.mark.parametrize(
        "cell",
        [
            "0439023484",
            "439023484",
            "12345",
            "9780439023482",
            "9.78044E+12",
            "9.7804251888e+12",
            "9.78043902347e+12",
            "76783609419.0",
            "see below",
            "x" * 5000,
            '=HYPERLINK("x")',
        ],
    )
    def test_is_given_up_where_nobody_can_know(self, cell: str) -> None:
        with pytest.raises(UnrecoverableIsbn) as fault:
            repaired(cell)
        assert len(str(fault.value)) < 120

    @given(st.integers(min_value=978_000_000_000, max_value=979_999_999_999))
    def test_that_was_rounded_is_mended_to_itself_or_not_at_all(self, twelve: int) -> None:
        digits = [int(digit) for digit in str(twelve)]
        check = -sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10
        isbn = f"{twelve}{check}"
        with suppress(UnrecoverableIsbn):
            assert repaired(f"{float(isbn):.12g}") == isbn


class TestTheHeader:
    @pytest.mark.parametrize(
        "header",
        [
            "title,authors,isbn,year",
            "Title;Author;ISBN;Year",
            "TITLE\tAuthors\tisbn-10\tPublication Year",
            "\ufeffbook title|Autor|ISBN 10|year_of_publication",
            'id,"Titel",Verlag,Auteur,isbn10,original_publication_year,x',
        ],
    )
    def test_may_be_written_in_many_ways(self, header: str) -> None:
        separator = next(char for char in ";\t|," if char in header)
        names = [name.strip('"\ufeff').lower() for name in header.split(separator)]
        values = {"tit": "Emma", "book": "Emma", "isb": "0141439580", "yea": "1815", "pub": "1815"}
        values |= {"ori": "1815", "aut": "Austen", "ver": "Murray"}
        record = one(header, separator.join(values.get(name[:3], values.get(name[:4], "")) for name in names))
        assert (record.title, record.authors, record.isbns) == ("Emma", ("Austen",), ("9780141439587",))
        assert record.year == 1815

    def test_prefers_the_better_of_two_names(self) -> None:
        record = one("original_title,title,author", "Emma,Emma (Penguin),Austen")
        assert record.title == "Emma (Penguin)"

    @pytest.mark.parametrize("text", ["", "\n", "a,b\n1,2\n", "\x89PNG\r\n\x1a\n\x00", "x" * 300_000, "{}"])
    def test_without_a_title_makes_the_file_unreadable(self, text: str) -> None:
        with pytest.raises(FileUnreadable):
            rows(text)


class TestARow:
    def test_becomes_a_record(self) -> None:
        record = one(
            "title,authors,isbn,isbn13,year,language_code,publisher,subjects",
            'Good Omens,"Neil Gaiman, Terry Pratchett",60853980,9.78006085398e+12,1990.0,en-US,Ace,"a; b"',
        )
        assert record == SourceRecord(
            number=1,
            source_id=None,
            title="Good Omens",
            authors=("Neil Gaiman", "Terry Pratchett"),
            isbns=("9780060853983",),
            year=1990,
            language="en-US",
            publisher="Ace",
            subjects=("a", "b"),
        )

    @pytest.mark.parametrize(
        ("header", "cell", "authors"),
        [
            ("author", "Austen, Jane", ("Austen, Jane",)),
            ("author", "Neil Gaiman & Terry Pratchett", ("Neil Gaiman", "Terry Pratchett")),
            ("author", "Neil Gaiman and Terry Pratchett", ("Neil Gaiman", "Terry Pratchett")),
            ("authors", "Austen, Jane; Eliot, George", ("Austen, Jane", "Eliot, George")),
            ("authors", "Homer, Robert Fagles", ("Homer", "Robert Fagles")),
            ("author", "", ("[Unknown]",)),
        ],
    )
    def test_may_have_several_authors(self, header: str, cell: str, authors: tuple[str, ...]) -> None:
        assert one(f"title\t{header}", f"x\t{cell}").authors == authors

    @pytest.mark.parametrize(
        ("cell", "year"),
        [("2008.0", 2008), ("-1750.0", -1750), ("c1999", 1999), ("1999-05-01", 1999), ("May 1999", 1999)],
    )
    def test_has_a_year_however_it_is_written(self, cell: str, year: int) -> None:
        assert one("title,year", f"x,{cell}").year == year

    def test_says_what_was_left_out_of_it(self) -> None:
        record = one("title,isbn,isbn13,year,language", "x,1,9.7E+12,soon,English")
        assert (record.isbns, record.year, record.language) == ((), None, None)
        assert [remark.split()[1] for remark in record.remarks] == ["ISBN", "year", "language"]

    def test_that_lacks_an_isbn_has_nothing_left_out(self) -> None:
        assert one("title,isbn,isbn13", "x,,").remarks == ()
        assert one("title,isbn,isbn13", "x,439023483,9.7E+12").remarks == ()

    def test_without_a_title_is_rejected_and_an_empty_one_passed_by(self) -> None:
        found = rows("title,author\n,Austen\n\n,,\nEmma,Austen\n")
        assert [type(record) for record in found] == [RejectedRecord, SourceRecord]
        assert [record.number for record in found] == [1, 4]

    def test_is_handed_back_below_the_header_as_it_stands(self) -> None:
        found = rows('Author;Title\n"Austen;\r\n ""Jane""";  \n\n;Emma;=1+1\n;x'.encode("utf-16"))
        assert [record.original.decode() for record in found] == [
            'Author;Title\n"Austen;\n ""Jane""";  \n',
            "Author;Title\n;Emma;=1+1\n",
            "Author;Title\n;x",
        ]

    def test_may_be_short_or_long(self) -> None:
        found: list[Any] = rows("title,author,year\nEmma\nEmma,Austen,1815,x,y\n")
        assert [(record.title, record.year) for record in found] == [("Emma", None), ("Emma", 1815)]

    def test_may_go_over_several_lines(self) -> None:
        found: list[Any] = rows('title,author\r\n"Emma\r\nor so",Austen\r\nRomola,Eliot\r\n')
        assert [record.title for record in found] == ["Emma or so", "Romola"]

    def test_has_a_title_of_500_characters_at_most(self) -> None:
        assert len(one("title", "x" * 900).title) == 500


class TestTheEncoding:
    def test_is_utf_8_or_else_windows_1252(self) -> None:
        for encoding in ("utf-8", "utf-8-sig", "cp1252"):
            found: list[Any] = rows("title,author\nÉmile,Žižek\n".encode(encoding))
            assert (found[0].title, found[0].authors) == ("Émile", ("Žižek",))

    def test_may_be_said(self) -> None:
        found: list[Any] = rows("title\nВойна\n".encode("cp1251"), encoding="cp1251")
        assert found[0].title == "Война"

    @pytest.mark.parametrize("size", [65_535, 65_536, 65_537])
    def test_and_line_ends_survive_the_edge_of_a_block(self, size: int) -> None:
        start = "title\r\n"
        text = start + "x" * (size - len(start) - 1) + "\r\né\r\n"
        found: list[Any] = rows(text)
        assert [record.title for record in found[1:]] == ["é"]
        assert [record.number for record in found] == [1, 2]


class TestAnyFile:
    @given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
    def test_is_read_or_refused(self, content: bytes) -> None:
        for head in (b"", b"title,isbn,year\n"):
            try:
                found = rows(head + content)
            except FileUnreadable:
                continue
            numbers = [record.number for record in found]
            assert numbers == sorted(set(numbers))

    def test_that_is_no_spreadsheet_any_more_ends_there(self) -> None:
        found = rows('title\nEmma\n"' + "x" * 200_000 + "\n")
        assert isinstance(found[-1], RejectedRecord)
        assert len(found) == 2
        assert found[-1].original == b""


class TestTenThousandBooks:
    def test_keep_all_that_can_be_known_of_them(self) -> None:
        with shared_data("goodbooks10k_books.csv").open("rb") as stream:
            found = [record for record in read_csv(stream, encoding=None) if isinstance(record, SourceRecord)]
        assert len(found) == 10_000
        assert found[0].isbns == ("9780439023481",)
        assert found[0].title == "The Hunger Games (The Hunger Games, #1)"
        assert found[1].authors == ("J.K. Rowling", "Mary GrandPré")
        with_isbn = sum(bool(record.isbns) for record in found)
        remarked = sum(any("ISBN" in remark for remark in record.remarks) for record in found)
        assert (with_isbn, remarked) == (9_309, 126)
