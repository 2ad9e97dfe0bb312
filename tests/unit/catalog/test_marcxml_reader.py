"""Reading MARCXML, and counting the records of a file."""

import io

import pytest
from pymarc import Field, Record, XMLWriter

from catalog.adapters.marc.reader import count_records, read_marc
from catalog.services.imports.records import LONGEST_ORIGINAL, RejectedRecord, SourceRecord
from tests.unit.catalog.marc_files import (
    EndlessFile,
    book,
    field,
    marc,
    marcxml,
    only,
    outcomes,
    refusal,
    titles,
    xml_book,
)


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
        stream = EndlessFile(xml_book("Again").encode() * 100, times=100, then=b"</c>", first=b"<c>")
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
