"""Reading the MARC files of other institutions."""

import io

import pytest

from catalog.adapters.marc.reader import count_records
from catalog.services.imports.records import RejectedRecord, SourceRecord
from tests.unit.catalog.marc_files import (
    assert_sound,
    only,
    outcomes,
    real,
    titles,
)


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
            assert_sound(outcomes(file[:length]))
