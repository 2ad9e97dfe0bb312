from uuid import UUID, uuid4

import pytest

from catalog.domain.barcode import Barcode, InvalidBarcode


class TestABarcode:
    @pytest.mark.parametrize("text", ["0", "000123", "31234000567890", "C-1", "a.b_c:d", "x" * 40])
    def test_is_kept_as_it_is_scanned(self, text: str) -> None:
        assert Barcode(text).text == text

    def test_keeps_its_leading_zeros_and_its_case(self) -> None:
        assert Barcode("007") != Barcode("7")
        assert Barcode("ab1") != Barcode("AB1")

    def test_loses_the_line_end_that_a_scanner_adds(self) -> None:
        assert Barcode(" 0042\r\n").text == "0042"

    @pytest.mark.parametrize(
        "text", ["", "  ", "-1", "..", "a b", "a/b", "a?b", "a\x00", "é", "١٢", "x" * 41, "1\n2", "\ud800"]
    )
    def test_is_refused_with_anything_else_in_it(self, text: str) -> None:
        with pytest.raises(InvalidBarcode) as refused:
            Barcode(text)
        assert refused.value.code == "invalid_barcode"

    def test_can_be_made_from_a_copys_id(self) -> None:
        copy = UUID("12345678-1234-4234-8234-1234567890ab")
        assert Barcode.made_from(copy) == Barcode.made_from(copy)
        assert len({Barcode.made_from(uuid4()).text for _ in range(1000)}) == 1000
        assert all(len(Barcode.made_from(uuid4()).text) == 13 for _ in range(10))
