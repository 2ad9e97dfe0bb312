"""Reading arbitrary bytes as MARC never fails."""

import io

from hypothesis import given
from hypothesis import strategies as st
from pymarc import Field

from catalog.adapters.marc.reader import count_records
from tests.unit.catalog.marc_files import (
    assert_sound,
    book,
    field,
    marc,
    marcxml,
    outcomes,
    raw_marc,
    titles,
    xml_book,
)


class TestAnyBytes:
    @given(st.binary(), st.sampled_from([None, "marc8", "utf-8", "cp1251", "gb18030", "idna", "iso2022_jp"]))
    def test_come_out_as_records_or_reasons(self, file: bytes, encoding: str | None) -> None:
        assert_sound(outcomes(file, encoding=encoding))
        assert_sound(outcomes(b"<" + file, encoding=encoding))
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
        assert_sound(outcomes(raw_marc(("245", b"00\x1faTitle"), *fields, flag=flag)))

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
        assert_sound(records)
        assert titles(records[:1] + records[-1:]) == ["Book 1", "Book 2"]

    @given(st.data())
    def test_in_place_of_some_xml_spare_the_records_before(self, data: st.DataObject) -> None:
        before, after = (
            marcxml(xml_book("One")).split(b"</collection>")[0],
            xml_book("Two").encode() + b"</collection>",
        )
        records = outcomes(before + _mutated(after, data))
        assert_sound(records)
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
