"""What becomes of the fields of a MARC record: title, authors, ISBNs, year and the others."""

import pytest
from pymarc import Field

from tests.unit.catalog.marc_files import (
    field,
    marc,
    only,
    refusal,
)


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
