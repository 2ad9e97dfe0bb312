"""Reading other institutions' MARC files: real ones, damaged ones, and any bytes at all."""

import codecs
import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymarc import Field, Indicators, Record, Subfield, XMLWriter

from catalog.adapters.marc.reader import count_records, parse_encoding, read_marc
from catalog.services.imports.records import LONGEST_ORIGINAL, RejectedRecord, SourceRecord

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


class TestATitle:
    @pytest.mark.parametrize(
        ("subfields", "title"),
        [
            (["aLearning Python /", "cMark Lutz."], "Learning Python"),
            (["aPerl :", "bthe complete reference /", "cM. Brown."], "Perl: the complete reference"),
            (["aThe White House", "h[computer file]."], "The White House"),
            (["aHarry Potter.", "nBook 1,", "pThe stone /", "cJ. K. R."], "Harry Potter. Book 1, The stone"),
            (["aAnnual report.", "pMusic :", "b1999."], "Annual report. Music: 1999"),
            (["aDer Prozess =", "bThe trial /"], "Der Prozess = The trial"),
            (["aHamlet ;", "bMacbeth /"], "Hamlet; Macbeth"),
            (["aWho? /"], "Who?"),
            (["aAnd then ... /"], "And then ..."),
            (["aAnd then..."], "And then..."),
            (["aThe life of Malcolm X."], "The life of Malcolm X."),
            (["aA history of the U.S.A."], "A history of the U.S.A."),
            (["aHistory of Kazakhstan SSR."], "History of Kazakhstan SSR"),
            (["a\u0098The \u009cGreat\x00 Gatsby\n  again"], "The Great Gatsby again"),
            (["aCafe\u0301"], "Caf\u00e9"),
            (["bOnly a subtitle"], "Only a subtitle"),
        ],
    )
    def test_is_what_a_reader_would_say(self, subfields: list[str], title: str) -> None:
        assert only(marc(field("245", *subfields))).title == title

    @pytest.mark.parametrize(
        "subfields", [[], ["a"], ["a /"], ["a\u200b\u200b"], ["cJane Doe"], ["a\x00\x07"]]
    )
    def test_is_required(self, subfields: list[str]) -> None:
        assert refusal(marc(field("100", "aDoe, Jane"), field("245", *subfields))) == (
            "The record has no title (field 245)."
        )

    def test_over_500_characters_is_cut_at_a_word(self) -> None:
        title = only(marc(field("245", "a" + "word " * 200))).title
        assert len(title) <= 500
        assert title.endswith("word word…")

    def test_of_500_characters_is_kept(self) -> None:
        assert only(marc(field("245", "a" + "x" * 500))).title == "x" * 500

    def test_of_one_endless_word_is_cut_too(self) -> None:
        assert only(marc(field("245", "a" + "x" * 501))).title == "x" * 499 + "…"


class TestAuthors:
    @pytest.mark.parametrize(
        ("entry", "name"),
        [
            (field("100", "aHunt, Andrew,", "d1964-"), "Hunt, Andrew"),
            (field("100", "aLutz, Mark."), "Lutz, Mark"),
            (field("100", "aTolkien, J. R. R.,", "d1892-1973."), "Tolkien, J. R. R."),
            (field("100", "aTolkien, J.R.R."), "Tolkien, J.R.R."),
            (field("100", "aKing, Martin Luther,", "cJr.,", "d1929-1968."), "King, Martin Luther, Jr."),
            (field("100", "aMazur, I\ufe20U\ufe21."), "Mazur, I\ufe20U\ufe21."),
            (field("100", "aHammond, Mark", "q(Mark J.)"), "Hammond, Mark (Mark J.)"),
            (field("100", "aJohn Paul", "bII,", "cPope,", "d1920-2005.", "eauthor."), "John Paul II, Pope"),
            (field("110", "aUnited States.", "bSenate."), "United States. Senate"),
            (
                field("111", "aPerl Conference 4.0", "d(2000 :", "cMonterey, Calif.)"),
                "Perl Conference 4.0 (2000 : Monterey, Calif.)",
            ),
            (field("710", "aNASA."), "NASA"),
        ],
    )
    def test_are_named_as_their_heading(self, entry: Field, name: str) -> None:
        assert only(marc(entry, field("245", "aTitle"))).authors == (name,)

    def test_begin_with_the_main_entry_and_name_each_once(self) -> None:
        record = only(
            marc(
                field("700", "aDoe, Jane,"),
                field("710", "aThe Press."),
                field("700", "aROE, RICHARD"),
                field("100", "aRoe, Richard."),
                field("245", "aTitle /", "cby someone."),
            )
        )
        assert record.authors == ("Roe, Richard", "Doe, Jane", "The Press")

    def test_leave_out_whoever_wrote_a_related_work(self) -> None:
        record = only(
            marc(
                field("100", "aDoe"),
                field("245", "aTitle"),
                field("700", "aRoe", "tAnother work.", indicators="12"),
            )
        )
        assert record.authors == ("Doe",)

    def test_come_from_the_statement_of_responsibility_when_nobody_is_entered(self) -> None:
        assert only(marc(field("245", "aTitle /", "cedited by Jane Doe."))).authors == ("edited by Jane Doe",)

    def test_are_unknown_rather_than_the_publisher(self) -> None:
        record = only(marc(field("100", "d1892-1944"), field("245", "aTitle"), field("260", "bPress")))
        assert record.authors == ("[Unknown]",)


class TestISBNs:
    def test_are_found_among_qualifiers_prices_and_rubbish(self) -> None:
        record = only(
            marc(
                field("245", "aTitle"),
                field("020", "a0471383147 (paper/cd-rom : alk. paper) :", "c$29.95"),
                field("020", "a978-0-201-61622-4 (pbk.)"),
                field("020", "aISBN 0 596 00085 5"),
                field("020", "a0201616224"),
                field("020", "a020161622X"),
                field("020", "c$10.00", "z9780596002817"),
                field("020", "aW300000 (set)"),
                field("020", "a12345678901234567890"),
            )
        )
        assert record.isbns == ("9780471383147", "9780201616224", "9780596000851")


class TestTheYear:
    @pytest.mark.parametrize(
        ("coded", "imprint", "year"),
        [
            ("2000", "c1999.", 2000),
            ("    ", "c1999.", 1999),
            ("19uu", "[2001?]", 2001),
            ("uuuu", "1373 [1994 or 1995]", 1994),
            ("||||", "5744 [1984]", 1984),
            ("9999", "19--?", None),
            ("", "", None),
            ("", "20011", None),
        ],
    )
    def test_is_the_coded_one_or_else_the_printed_one(
        self, coded: str, imprint: str, year: int | None
    ) -> None:
        record = only(
            marc(
                Field("008", data=f"990802s{coded}".ljust(40)),
                field("245", "aTitle"),
                field("264", f"c{imprint}"),
            )
        )
        assert record.year == year


class TestTheLanguage:
    @pytest.mark.parametrize(
        ("coded", "field_041", "language"),
        [
            ("eng", "fre", "eng"),
            ("   ", "ENGund", "eng"),
            ("|||", "fre", "fre"),
            ("und", "", None),
            ("", "en", None),
        ],
    )
    def test_is_the_coded_one_or_else_that_of_041(
        self, coded: str, field_041: str, language: str | None
    ) -> None:
        fixed = " " * 35 + coded
        record = only(marc(Field("008", data=fixed), field("041", f"a{field_041}"), field("245", "aTitle")))
        assert record.language == language

    @pytest.mark.parametrize(
        ("source", "tag", "language"),
        [("rfc5646", "en-GB", "en-GB"), ("rfc5646", "no tag at all", "eng"), ("iso639-3", "enm", "eng")],
    )
    def test_is_the_whole_tag_where_041_has_one(self, source: str, tag: str, language: str) -> None:
        whole = field("041", f"a{tag}", f"2{source}", indicators=" 7")
        record = only(marc(Field("008", data=" " * 35 + "eng"), whole, field("245", "aTitle")))
        assert record.language == language


class TestThePublisher:
    @pytest.mark.parametrize(
        ("imprints", "publisher"),
        [
            ([field("260", "aNew York :", "bJohn Wiley & Sons, Inc.,", "c2000.")], "John Wiley & Sons, Inc."),
            ([field("260", "a[Lhasa :", "bFirst Press],")], "First Press"),
            ([field("260", "b[s.n.],", "c2003.")], None),
            ([field("264", "bPrinter", indicators=" 3"), field("264", "bPress.", indicators=" 1")], "Press"),
            ([field("264", "c©1999", indicators=" 4")], None),
        ],
    )
    def test_is_named_without_its_punctuation(self, imprints: list[Field], publisher: str | None) -> None:
        assert only(marc(field("245", "aTitle"), *imprints)).publisher == publisher


class TestSubjects:
    def test_are_headings_with_their_subdivisions_each_once(self) -> None:
        record = only(
            marc(
                field("245", "aTitle"),
                field("650", "aJazz", "y1951-1960.", indicators=" 0"),
                field("650", "aJAZZ", "y1951-1960.", indicators=" 2"),
                field("610", "aUnited States.", "bSenate.", "vStatistics.", "2lcsh"),
                field("653", "aone", "atwo"),
                field("690", "aLocal"),
                field("651", "x"),
            )
        )
        assert record.subjects == ("Jazz -- 1951-1960", "United States. Senate -- Statistics", "one", "two")


class TestTheSourceId:
    @pytest.mark.parametrize(
        ("fields", "source_id"),
        [
            ([Field("001", data="  00282214 "), Field("003", data="DLC")], "DLC:00282214"),
            ([Field("001", data="42"), field("035", "a(OCoLC)  7"), field("035", "a(OCoLC)8")], "(OCoLC) 7"),
            ([Field("001", data="42")], None),
            ([field("035", "z(OCoLC)9")], None),
        ],
    )
    def test_names_its_institution(self, fields: list[Field], source_id: str | None) -> None:
        assert only(marc(*fields, field("245", "aTitle"))).source_id == source_id


class TestEncodings:
    @pytest.mark.parametrize(
        ("octets", "title"),
        [
            (b"\xe8Uber", "Über"),
            (b"\xe3\xe1a\x88The \x89b", "ầThe b"),
            (b"Vi\xebi\xeca", "Vii\ufe20a\ufe21"),
            (b'\x1b$1!0!!0"\x1b(B and', "一丁 and"),
            (b"\x1b$)1\xa1\xb0\xa1 end", "一 end"),
            (b"\x1b(NVOINA\x1b(B", "жоина"),
            (b"\x1b)NA\xc1", "Aа"),
            (b"\x1b(2`abc\x1b(B", "אבגד"),
            (b"H\x1bb2\x1bsO", "H₂O"),
            (b"\x1b$1!\x20@\x1b(BHi", "\u201cHi"),
            (b"&#x4E00; or &#x110000; it is", "一 or &#x110000; it is"),
            (b"na\xc3\xafve", "naïve"),  # UTF-8 that nobody marked
        ],
    )
    def test_without_a_flag_are_marc8_or_evident_utf8(self, octets: bytes, title: str) -> None:
        assert only(titled(octets)).title == title

    @pytest.mark.parametrize(
        "octets",
        [
            "Café noir".encode("latin-1"),
            "Нева".encode("cp1251"),
            b"\x93quoted\x94",
            b"\x1b$1!0",
            b"\x1b$1!",
            b"\x1bZ",
            b"\x1b",
            b"a\xe2",
            b"\x1b(B\x7f",
        ],
    )
    def test_that_are_neither_are_refused_not_garbled(self, octets: bytes) -> None:
        assert "neither MARC-8 nor UTF-8" in refusal(titled(octets))

    def test_flagged_utf8_but_marc8_are_refused_until_the_encoding_is_given(self) -> None:
        file = titled(b"\xe8Uber", flag=b"a")
        assert "marked as UTF-8" in refusal(file)
        assert only(file, encoding="marc8").title == "Über"

    @pytest.mark.parametrize("name", ["cp1251", "windows-1251", "CP1251"])
    def test_are_overridden_by_the_one_given(self, name: str) -> None:
        assert only(titled("Нева".encode("cp1251"), flag=b"a"), encoding=name).title == "Нева"

    def test_given_wrongly_are_a_reason_of_refusal(self) -> None:
        assert refusal(titled(b"Caf\xe9"), encoding="UTF8") == "Its text is not in the encoding utf-8."

    def test_cost_nothing_in_a_field_that_no_book_needs(self) -> None:
        assert (
            only(raw_marc(("245", b"00\x1faTitle"), ("500", b"  \x1fa\xff\xfe"), flag=b"a")).title == "Title"
        )

    @pytest.mark.parametrize("name", ["klingon", "", "utf-16", "rot13", "unicode_escape", "cp037", "a\0b"])
    def test_that_no_marc_file_can_have_are_refused_at_once(self, name: str) -> None:
        with pytest.raises(ValueError, match="Unknown encoding"):
            read_marc(io.BytesIO(b""), encoding=name)

    @pytest.mark.parametrize(
        ("name", "known_as"), [("MARC-8", "marc8"), ("Latin1", "iso8859-1"), ("utf_8", "utf-8")]
    )
    def test_have_one_name_each(self, name: str, known_as: str) -> None:
        assert parse_encoding(name) == known_as

    @pytest.mark.usefixtures("recwarn")
    def test_say_nothing_on_stderr_or_in_the_log(
        self, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        odd = [
            b"\x1faNo indicators",
            b"0\x1faOne",
            b"000\x1fa\x1b$1!0",
            b"00\x1fa\xff",
            b"00\x1f\xe9Bad code",
            b"00",
        ]
        for flag in (b" ", b"a"):
            outcomes(b"".join(raw_marc(("245", octets), flag=flag) for octets in odd))
        assert capfd.readouterr() == ("", "")
        assert not caplog.records


class TestADamagedFile:
    GOOD = (book("Book 1"), book("Book 2"))

    @pytest.mark.parametrize(
        "between",
        [
            b"garbage",
            b"00100garbage with a length",
            book("Lost")[:-1],  # lost its terminator
            book("Lost")[:60],  # cut in the middle
            book("Lost")[:-1] + b"X",
            book("Lost").replace(b"00", b"\x1d", 1),
            b"<html>",
            b"9" * 300,
        ],
    )
    def test_gives_every_record_around_the_damage(self, between: bytes) -> None:
        records = outcomes(self.GOOD[0] + between + self.GOOD[1])
        assert titles(records)[0] == "Book 1"
        assert titles(records)[-1] == "Book 2"
        assert [record.number for record in records] == list(range(1, len(records) + 1))
        assert len(records) >= 3

    @pytest.mark.parametrize("padding", [b"\n", b"\r\n", b"\0\0", b" ", b"\x1a", b"\x1d"])
    def test_may_have_padding_which_is_no_record(self, padding: bytes) -> None:
        file = padding.join([b"", *self.GOOD, b""])
        assert titles(outcomes(file)) == ["Book 1", "Book 2"]
        assert len(outcomes(file)) == 2

    @pytest.mark.parametrize("bad", [marc(field("100", "aDoe, Jane.")), GOOD[0].replace(b"2200", b"22f0")])
    def test_hands_each_record_back_as_it_stands(self, bad: bytes) -> None:
        records = outcomes(self.GOOD[0] + b"\n" + bad + self.GOOD[1])
        assert [type(record) for record in records] == [SourceRecord, RejectedRecord, SourceRecord]
        assert [record.original for record in records] == [self.GOOD[0], bad, self.GOOD[1]]

    def test_keeps_no_original_that_is_too_long(self) -> None:
        (record,) = outcomes(b"x" * LONGEST_ORIGINAL + b"\x1d")
        assert record == RejectedRecord(number=1, reason="This does not begin as a MARC 21 record does.")
        assert record.original == b""

    def test_that_begins_with_a_byte_order_mark_is_read(self) -> None:
        assert only(codecs.BOM_UTF8 + self.GOOD[0]).title == "Book 1"

    def test_that_is_cut_reports_its_last_record(self) -> None:
        records = outcomes(self.GOOD[0] + self.GOOD[1][:-20])
        assert titles(records) == ["Book 1"]
        assert records[1] == RejectedRecord(number=2, reason="The file ends before this record does.")

    @pytest.mark.parametrize("length", [b"00000", b"99999", b"?????", b"00042"])
    def test_may_lie_about_the_length_of_a_record(self, length: bytes) -> None:
        file = length + self.GOOD[0][5:] + self.GOOD[1]
        assert titles(outcomes(file)) == ["Book 1", "Book 2"]

    def test_may_count_characters_instead_of_bytes(self) -> None:
        text = ("245", "00\x1faÉtudes à quatre mains /".encode("latin-1")), ("260", b"  \x1fbPress")
        counted_in_characters = raw_marc(*text, flag=b"a")
        file = counted_in_characters.decode("latin-1").encode("utf-8")
        record = only(file)
        assert record.title == "Études à quatre mains"
        assert record.publisher == "Press"

    def test_may_hold_fields_out_of_order(self) -> None:
        file = raw_marc(("260", b"  \x1fbPress"), ("245", b"00\x1faTitle"))
        entries = file[24:48]
        record = only(file[:24] + entries[12:] + entries[:12] + file[48:])
        assert (record.title, record.publisher) == ("Title", "Press")

    @pytest.mark.parametrize(
        ("old", "new", "reason"),
        [
            (b"245", b"2\xe95", "directory of the record is damaged"),
            (b"245", b"2455", "leader of the record is damaged"),
            (b"2200", b"22f0", "does not begin as a MARC 21 record"),
            (b"\x1fa", b"\x1e\x1e", "not where its directory says"),
        ],
    )
    def test_says_what_is_wrong_with_a_record(self, old: bytes, new: bytes, reason: str) -> None:
        assert reason in refusal(raw_marc(("245", b"00\x1faTitle")).replace(old, new, 1))

    def test_with_nothing_of_marc_in_it_is_one_rejected_record(self) -> None:
        assert refusal(b"title,author\nOne,Two\n") == "This does not begin as a MARC 21 record does."

    @pytest.mark.parametrize("file", [b"", b" \n", codecs.BOM_UTF8])
    def test_that_is_empty_has_no_records(self, file: bytes) -> None:
        assert outcomes(file) == []

    def test_of_endless_garbage_is_read_in_constant_memory(self) -> None:
        stream = _Endless(b"x" * 65536, times=200, then=b"\x1d" + self.GOOD[0])
        records = list(read_marc(stream))
        assert titles(records) == ["Book 1"]
        assert len(records) == 2


class TestMARCXML:
    def test_is_read_with_and_without_a_namespace(self) -> None:
        prefixed = (
            '<m:collection xmlns:m="http://www.loc.gov/MARC21/slim"><m:record><m:datafield tag="245">'
            '<m:subfield code="a">One :</m:subfield>\n<m:subfield code="b">two</m:subfield>'
            "</m:datafield></m:record></m:collection>"
        )
        assert only(prefixed.encode()).title == "One: two"
        assert only(b" \n" + xml_book("Plain &amp; simple").encode()).title == "Plain & simple"

    def test_written_by_pymarc_says_the_same_as_iso_2709(self) -> None:
        file = marc(
            Field("001", data="1"),
            Field("003", data="X"),
            Field("008", data="990802s2000    mau           001 0 eng  "),
            field("020", "a020161622X"),
            field("100", "aHunt, Andrew,"),
            field("245", "aÜber all :", "bwords /"),
            field("260", "bPress,"),
            field("650", "aWords", "xMeaning."),
        )
        xml = io.BytesIO()
        writer = XMLWriter(xml)
        writer.write(Record(file))
        writer.close(close_fh=False)
        assert only(xml.getvalue()) == only(file)

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1251", "iso-8859-5"])
    def test_is_decoded_as_it_declares(self, encoding: str) -> None:
        declared = encoding.removesuffix("-sig")
        text = f'<?xml version="1.0" encoding="{declared}"?>' + xml_book("Нева")
        assert only(text.encode(encoding)).title == "Нева"

    def test_is_decoded_as_the_encoding_given(self) -> None:
        assert only(xml_book("Нева").encode("cp1251"), encoding="cp1251").title == "Нева"
        assert only(xml_book("Нева").encode(), encoding="marc8").title == "Нева"
        assert "not in the encoding utf-8" in refusal(xml_book("Нева").encode("cp1251"), encoding="utf-8")

    @pytest.mark.parametrize("name", ["klingon", "rot13", "idna", "big5"])
    def test_in_an_unreadable_encoding_is_refused(self, name: str) -> None:
        reason = refusal(f'<?xml version="1.0" encoding="{name}"?>{xml_book("Neva")}'.encode())
        assert "encoding" in reason

    @pytest.mark.parametrize(
        "doctype",
        [
            '<!DOCTYPE a [<!ENTITY x "y">]>',
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE html PUBLIC "-//W3C//DTD" "http://example.org/x.dtd">',
        ],
    )
    def test_with_a_doctype_is_refused(self, doctype: str) -> None:
        file = f'<?xml version="1.0"?>{doctype}'.encode() + xml_book("&x;").encode()
        assert refusal(file) == "The XML declares a DOCTYPE, which is refused: remove it and import again."

    @pytest.mark.parametrize(
        ("element", "reason"),
        [
            (
                "<datafield><subfield code='a'>x</subfield></datafield>",
                "A <datafield> of the record has no tag.",
            ),
            (
                "<datafield tag='245'><subfield>x</subfield></datafield>",
                "A <subfield> of the record has no code.",
            ),
            ("<controlfield>x</controlfield>", "A <controlfield> of the record has no tag."),
            ("<leader>x</leader>", "The record has no title (field 245)."),
            ("<leader>" + "x" * 1_000_001 + "</leader>", "The record is too long."),
        ],
    )
    def test_with_a_bad_element_loses_only_its_record(self, element: str, reason: str) -> None:
        bad = f"<record>{element}</record>"
        records = outcomes(marcxml(xml_book("One"), bad, xml_book("Three")))
        assert titles(records) == ["One", "Three"]
        assert records[1] == RejectedRecord(number=2, reason=reason)

    def test_hands_a_rejected_record_back_with_all_its_fields(self) -> None:
        bad = (
            "<m:record xmlns:m='http://www.loc.gov/MARC21/slim' type='Bibliographic'>\n"
            "<m:leader>00000nam</m:leader><m:datafield tag='500' ind1=' ' ind2='&quot;' xml:lang='de'>"
            "<m:subfield code='a'>Höhe &lt; 3 &amp; mehr</m:subfield></m:datafield></m:record>"
        )
        _, rejected = outcomes(marcxml(xml_book("One"), bad))
        assert isinstance(rejected, RejectedRecord)
        assert rejected.original.decode() == (
            '<record>\n<leader>00000nam</leader><datafield tag="500" ind1=" " ind2=\'"\'>'
            '<subfield code="a">Höhe &lt; 3 &amp; mehr</subfield></datafield></record>'
        )
        mended = rejected.original.replace(b'tag="500"', b'tag="245"').decode()
        assert only(marcxml(mended)).title == "Höhe < 3 & mehr"

    def test_keeps_no_original_of_a_record_that_is_too_long(self) -> None:
        long = f"<record><leader>{'x' * LONGEST_ORIGINAL}</leader></record>"
        assert [record.original[:9] for record in outcomes(marcxml(long, xml_book("Two")))] == [
            b"",
            b"<record><",
        ]

    @pytest.mark.parametrize("rest", ["<record></oops>", "<record>&undefined;", "<record>\x01", "<![CDATA["])
    def test_that_breaks_gives_the_records_before_and_one_reason_for_the_rest(self, rest: str) -> None:
        first, second = outcomes(marcxml(xml_book("One"), rest, xml_book("Lost")))
        assert titles([first]) == ["One"]
        assert isinstance(second, RejectedRecord)
        assert second.number == 2
        assert second.reason.startswith("From here on the XML is broken: ")

    def test_within_other_xml_is_found(self) -> None:
        wrapped = (
            '<OAI xmlns="http://www.openarchives.org/OAI/2.0/"><record><metadata>'
            '<record xmlns="http://www.loc.gov/MARC21/slim"><datafield tag="245"><subfield code="a">Inner'
            "</subfield></datafield></record></metadata></record></OAI>"
        )
        assert only(wrapped.encode()).title == "Inner"

    def test_without_any_record_says_so(self) -> None:
        assert refusal(b"<dc><title>Dublin Core</title></dc>") == "The XML holds no MARC record."

    def test_of_any_length_is_read_record_by_record(self) -> None:
        stream = _Endless(xml_book("Again").encode() * 100, times=100, then=b"</c>", first=b"<c>")
        reader = read_marc(stream)
        assert isinstance(next(reader), SourceRecord)
        assert stream.blocks_read < 10
        assert sum(1 for _ in reader) == 100 * 100 - 1


class TestCounting:
    @pytest.mark.parametrize(
        ("file", "count"),
        [
            (b"", 0),
            (b"\n", 0),
            (book("One"), 1),
            (book("One") + b"\n" + book("Two") + b"\r\n", 2),
            (book("One") + book("Two")[:-3], 2),
            (marcxml(xml_book("One"), xml_book("Two")), 2),
            (b"<m:record x='1'/>", 1),
            (b"<record/", 1),
            (marcxml(), 0),
            (marcxml(xml_book("One")).decode().encode("utf-16"), None),
        ],
    )
    def test_tells_how_many_records_there_are(self, file: bytes, count: int | None) -> None:
        assert count_records(io.BytesIO(file)) == count

    def test_counts_across_the_blocks_it_reads(self) -> None:
        assert count_records(io.BytesIO(marcxml(*[xml_book("Title")] * 2000))) == 2000
        assert count_records(io.BytesIO(book("Title") * 2000)) == 2000

    def test_leaves_the_stream_where_it_stood(self) -> None:
        stream = io.BytesIO(b"header" + book("One"))
        stream.seek(6)
        assert count_records(stream) == 1
        assert stream.tell() == 6
        assert titles(list(read_marc(stream))) == ["One"]


class TestAnyBytes:
    @given(st.binary(), st.sampled_from([None, "marc8", "utf-8", "cp1251", "gb18030", "idna", "iso2022_jp"]))
    def test_come_out_as_records_or_reasons(self, file: bytes, encoding: str | None) -> None:
        _assert_sound(outcomes(file, encoding=encoding))
        _assert_sound(outcomes(b"<" + file, encoding=encoding))
        count_records(io.BytesIO(file))
        count_records(io.BytesIO(b"<" + file))

    @given(
        st.lists(st.tuples(st.sampled_from(["001", "008", "020", "245", "650", "700"]), st.binary())),
        st.data(),
    )
    def test_in_any_field_come_out_as_records_or_reasons(
        self, fields: list[tuple[str, bytes]], data: st.DataObject
    ) -> None:
        flag = data.draw(st.sampled_from([b" ", b"a"]))
        _assert_sound(outcomes(raw_marc(("245", b"00\x1faTitle"), *fields, flag=flag)))

    @given(st.data())
    def test_in_place_of_some_of_a_record_spare_its_neighbours(self, data: st.DataObject) -> None:
        victim = marc(
            Field("001", data="1"),
            Field("008", data="990802s2000    mau           001 0 eng  "),
            field("020", "a020161622X (pbk.)"),
            field("100", "aDoë, Jane,"),
            field("245", "aTitlé :", "bsubtitle /"),
        )
        records = outcomes(book("Book 1") + _mutated(victim, data) + book("Book 2"))
        _assert_sound(records)
        assert titles(records[:1] + records[-1:]) == ["Book 1", "Book 2"]

    @given(st.data())
    def test_in_place_of_some_xml_spare_the_records_before(self, data: st.DataObject) -> None:
        before, after = (
            marcxml(xml_book("One")).split(b"</collection>")[0],
            xml_book("Two").encode() + b"</collection>",
        )
        records = outcomes(before + _mutated(after, data))
        _assert_sound(records)
        assert titles(records[:1]) == ["One"]


def _mutated(file: bytes, data: st.DataObject) -> bytes:
    mutated = bytearray(file)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(mutated)))
        removed = data.draw(st.integers(0, 3))
        mutated[place : place + removed] = data.draw(
            st.binary(max_size=3) | st.sampled_from([b"\x1d", b"\x1e", b"<"])
        )
    return bytes(mutated)


def _assert_sound(records: list[Outcome]) -> None:
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


@dataclass
class _Endless(io.BytesIO):
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


class TestRealFiles:
    @pytest.mark.parametrize(
        ("name", "count"),
        [
            ("pymarc_marc.dat", 20),
            ("pymarc_test.dat", 10),
            ("pymarc_one.dat", 1),
            ("pymarc_batch.xml", 2),
            ("pymarc_multi_isbn.dat", 1),
            ("pymarc_marc8.dat", 1),
            ("pymarc_diacritic.dat", 1),
            ("pymarc_utf8_with_leader_flag.dat", 1),
            ("pymarc_bad_tag.xml", 1),
            ("traject_test_data.utf8.mrc", 30),
        ],
    )
    def test_lose_no_record(self, name: str, count: int) -> None:
        file = real(name)
        assert len(titles(outcomes(file))) == len(outcomes(file)) == count_records(io.BytesIO(file)) == count

    def test_give_a_whole_book(self) -> None:
        assert outcomes(real("pymarc_marc.dat"))[0] == SourceRecord(
            number=1,
            source_id="(DLC) 99043581",
            title="The pragmatic programmer: from journeyman to master",
            authors=("Hunt, Andrew", "Thomas, David"),
            isbns=("9780201616224",),
            year=2000,
            language="eng",
            publisher="Addison-Wesley",
            subjects=("Computer programming",),
        )

    def test_give_titles_and_authors_as_a_librarian_would(self) -> None:
        records = {r.number: r for r in outcomes(real("pymarc_marc.dat")) if isinstance(r, SourceRecord)}
        assert records[6].authors[0] == "Thiruvathukal, George K. (George Kuriakose)"
        assert records[8].publisher == "Franklin, Beedle"
        assert records[12].authors == ("[edited by] Estelle Manticas",)
        assert records[16].year == 2000
        assert records[19].authors == ("Cormen, Thomas H.",)
        assert records[20].subjects == ("COMMON LISP (Computer program language)",)
        assert all(record.isbns for record in records.values())

    def test_in_cp1251_need_their_encoding(self) -> None:
        file = real("pymarc_1251.dat")
        assert titles(outcomes(file)) == []
        records = outcomes(file, encoding="cp1251")
        assert len(titles(records)) == 6
        assert records[4] == SourceRecord(
            number=5,
            source_id="RU-RKP:ru03-000005RKP",
            title="Мио, мой Мио!: [повести-сказки : для детей : пер. со швед.]",
            authors=("Линдгрен, Астрид", "Еклерис, Виталий"),
            isbns=("9785352012864",),
            year=2005,
            language="rus",
            publisher="Азбука-классика",
            subjects=("Сказки шведские (д. л.)",),
        )

    def test_give_every_isbn(self) -> None:
        assert only(real("pymarc_multi_isbn.dat")).isbns == (
            "9780914378280",
            "9780914378297",
            "9780914378266",
        )
        assert only(real("pymarc_diacritic.dat")).isbns == ("9780415782654", "9780203112021")

    @pytest.mark.parametrize("name", ["pymarc_marc8.dat", "pymarc_utf8_with_leader_flag.dat"])
    def test_say_the_same_in_marc8_and_utf8(self, name: str) -> None:
        record = only(real(name))
        assert record.title == "Escape from loneliness"
        assert record.authors == ("Tournier, Paul",)
        assert record.source_id == "ocmDCLC6114599B"
        assert record.subjects == ("Loneliness", "Self", "Social psychology", "Social Isolation")

    def test_keep_conferences_and_initials(self) -> None:
        records = outcomes(real("pymarc_test.dat"))
        assert [r.authors for r in records[2:7:3] if isinstance(r, SourceRecord)] == [
            ("Brown, Martin C.",),
            ("Perl Conference 4.0 (2000 : Monterey, Calif.)",),
        ]
        assert titles(records)[9] == "Cross-platform Perl"

    def test_broken_on_purpose_give_the_first_and_the_last(self) -> None:
        """Of eight records; what follows the last is a line feed."""
        records = outcomes(real("pymarc_bad_records.mrc"))
        assert titles(records) == ["The pragmatic programmer: from journeyman to master"] * 2
        assert [r.number for r in records if isinstance(r, RejectedRecord)] == [2, 3, 4, 5, 6, 7]
        assert records[7].number == 8

    def test_with_a_bad_tag_give_the_book(self) -> None:
        record = only(real("pymarc_bad_tag.xml"))
        assert (record.title, record.authors) == ("The Untamed", ("Brand, Max",))
        assert (record.year, record.publisher) == (2004, "Project Gutenberg")

    def test_in_xml_give_what_is_no_book_too(self) -> None:
        ray, white_house = outcomes(real("pymarc_batch.xml"))
        assert isinstance(ray, SourceRecord)
        assert (ray.title, ray.authors, ray.year) == ("The Great Ray Charles", ("Charles, Ray",), 1957)
        assert ray.source_id == "DLC:5637241"
        assert isinstance(white_house, SourceRecord)
        assert white_house.subjects[1] == "United States. Executive Office of the President"

    def test_in_many_scripts_keep_their_letters(self) -> None:
        records = {
            r.number: r for r in outcomes(real("traject_test_data.utf8.mrc")) if isinstance(r, SourceRecord)
        }
        assert records[1].source_id == "DLC:00282214"
        assert records[1].authors == ("Ayaz, Shaikh", "Farruk̲h̲ī, Āṣif", "Pīrzādah, Shāh Muḥammad")
        assert records[5].year == 1941
        assert records[6].authors == ("Korea (North)", "Mazur, I︠U︡. N.")
        assert records[12].year == 1986
        assert records[18].authors == ("Nārāyaṇa Paṇḍitācārya", "Shyamachar, A. B.", "Pandurangi, S. R.")
        assert records[19].publisher is None
        assert records[22].authors == ("[Unknown]",)
        assert records[26].authors[1] == "Rnam-rgyal Grwa-tshaṅ. Śes-yon Lhan-tshogs"
        assert records[30].isbns == ("9789573908678",)

    def test_survive_being_cut_anywhere(self) -> None:
        file = real("pymarc_test.dat")
        for length in range(0, len(file), 97):
            _assert_sound(outcomes(file[:length]))
