"""The International Standard Book Number, always as its 13 digits."""

import unicodedata
from dataclasses import dataclass

from shared_kernel.domain.errors import InvalidValue

_DASHES_OUTSIDE_PD = "\u00ad\u2212"
_BOOKLAND = ("978", "979")
_LENGTH, _LENGTH_BEFORE_2007 = 13, 10


class InvalidISBN(InvalidValue):
    code = "invalid_isbn"
    message = "This is not a valid ISBN: {reason}."
    pointer = "/isbn"


@dataclass(frozen=True, slots=True)
class ISBN:
    """A valid ISBN: 13 ASCII digits that begin with 978 or 979 and end with the right check digit.

    Source of the rules: ISO 2108. Raises InvalidISBN for anything else.
    """

    digits: str

    def __post_init__(self) -> None:
        if len(self.digits) != _LENGTH or not _are_digits(self.digits):
            raise InvalidISBN(reason="one has 10 or 13 digits")
        if not self.digits.startswith(_BOOKLAND):
            raise InvalidISBN(reason="one of 13 digits begins with 978 or 979")
        if self.digits[-1] != _check_digit_of_13(self.digits[:12]):
            raise InvalidISBN(reason="its check digit is wrong")

    def __str__(self) -> str:
        return self.digits

    @classmethod
    def parse(cls, text: str) -> "ISBN":
        """Read an ISBN-10 or ISBN-13 as people write it: hyphens or dashes of any kind, spaces, a small x.

        Raises InvalidISBN, whose sentence says what is wrong and never repeats the text.
        """
        compact = "".join(char for char in text.strip() if not _separates(char)).upper()
        if len(compact) == _LENGTH_BEFORE_2007:
            return cls(_thirteen_from_ten(compact))
        return cls(compact)


def _separates(char: str) -> bool:
    return unicodedata.category(char) in {"Pd", "Zs"} or char in _DASHES_OUTSIDE_PD


def _are_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _thirteen_from_ten(ten: str) -> str:
    body, check = ten[:9], ten[9]
    if not _are_digits(body) or not (_are_digits(check) or check == "X"):
        raise InvalidISBN(reason="one has only digits, at most an X at the end of 10")
    if check != _check_digit_of_10(body):
        raise InvalidISBN(reason="its check digit is wrong")
    stem = _BOOKLAND[0] + body
    return stem + _check_digit_of_13(stem)


def _check_digit_of_10(body: str) -> str:
    return "0123456789X"[sum(position * int(digit) for position, digit in enumerate(body, start=1)) % 11]


def _check_digit_of_13(body: str) -> str:
    total = sum(int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(body))
    return str(-total % 10)
