"""Reading MARC 21 in ISO 2709: encodings, and damaged files."""

import codecs
import io
import logging

import pytest

from catalog.adapters.marc.reader import parse_encoding, read_marc
from catalog.services.imports.records import LONGEST_ORIGINAL, RejectedRecord, SourceRecord
from tests.unit.catalog.marc_files import (
    EndlessFile,
    book,
    field,
    marc,
    only,
    outcomes,
    raw_marc,
    refusal,
    titled,
    titles,
)


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
        stream = EndlessFile(b"x" * 65536, times=200, then=b"\x1d" + self.GOOD[0])
        records = list(read_marc(stream))
        assert titles(records) == ["Book 1"]
        assert len(records) == 2
