"""An amount is read as people write it, or refused."""

import pytest

from lending.domain.rule_values import AMOUNT
from shared_kernel.domain.money import InvalidMoney, Money


class TestAnAmount:
    @pytest.mark.parametrize(("text", "minor"), [("12.50", 1250), ("12.5", 1250), ("0", 0), ("-3.00", -300)])
    def test_is_digits_and_a_point(self, text: str, minor: int) -> None:
        assert Money.parse(text, "EUR").minor == minor

    @pytest.mark.parametrize(
        "text",
        [
            "1_0",
            "1e1",
            "1E1",
            "٥",
            "１２",
            "Infinity",
            "NaN",
            "",
            " ",
            "1,50",
            "0x10",
            ".5",
            "5.",
            "1.005",
            "1 0",
            "+-1",
        ],
    )
    def test_is_nothing_that_only_a_computer_reads(self, text: str) -> None:
        with pytest.raises(InvalidMoney):
            Money.parse(text, "EUR")
        assert not AMOUNT.accepts(text)
