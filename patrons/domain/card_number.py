"""The scan key of a patron."""

import re
from dataclasses import dataclass
from typing import Self

from shared_kernel.domain.errors import InvalidValue

_GIVEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
#: How many different numbers there are to draw from.
SERIALS = 10**8


class InvalidCardNumber(InvalidValue):
    code = "invalid_card_number"
    message = (
        "A card number has 1 to 32 characters (A-Z, a-z, 0-9, . _ and -) and starts with a letter or digit."
    )
    pointer = "/card_number"


@dataclass(frozen=True, slots=True)
class CardNumber:
    """What is printed and encoded on a patron's card, exactly as a scanner reads it."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a number that a card has already. Raises InvalidCardNumber."""
        trimmed = text.strip()
        if not _GIVEN.fullmatch(trimmed):
            raise InvalidCardNumber
        return cls(trimmed)

    @classmethod
    def of_serial(cls, serial: int) -> Self:
        """The number of a new card: P, eight digits, and a check digit (Luhn) against slips of the pen."""
        digits = f"{serial:08d}"
        return cls(f"P{digits}{_check_digit(digits)}")

    def __str__(self) -> str:
        return self.text


def _check_digit(digits: str) -> int:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[::-2])
    plain = (int(digit) for digit in digits[-2::-2])
    return -(sum(doubled) + sum(plain)) % 10
