"""Amounts of money, exact to the currency's minor unit."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final, Self

from shared_kernel.domain.errors import InvalidValue

#: How people write an amount. Python's Decimal also reads 1_0, 1e1 and the digits of other scripts.
DECIMAL: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
#: ISO 4217 currencies whose minor unit isn't a hundredth.
_EXPONENTS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3}
#: Keeps every amount within a 64-bit integer of minor units with room for sums.
_LARGEST = Decimal(10) ** 12


class InvalidMoney(InvalidValue):
    code = "invalid_money"
    message = "“{amount}” is not an amount of {currency}. Write a decimal number such as 12.50."


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """`amount` of `currency` (ISO 4217), a whole number of minor units. Raises InvalidMoney otherwise."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        try:
            exact = self.amount.is_finite() and abs(self.amount) < _LARGEST
            rounded = self.amount.quantize(Decimal(1).scaleb(-_exponent(self.currency))) if exact else None
        except InvalidOperation:
            rounded = None
        if rounded is None or rounded != self.amount:
            raise InvalidMoney(amount=str(self.amount), currency=self.currency)
        object.__setattr__(self, "amount", rounded)

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """Read a decimal string such as "12.50", with or without blanks around. Raises InvalidMoney."""
        if not DECIMAL.fullmatch(text.strip()):
            raise InvalidMoney(amount=text, currency=currency)
        return cls(Decimal(text), currency)

    @classmethod
    def from_minor(cls, minor: int, currency: str) -> Self:
        """The amount that `minor` of the currency's smallest units make."""
        return cls(Decimal(minor).scaleb(-_exponent(currency)), currency)

    @property
    def minor(self) -> int:
        """The amount in the currency's smallest units, as databases keep it."""
        return int(self.amount.scaleb(_exponent(self.currency)))


def _exponent(currency: str) -> int:
    return _EXPONENTS.get(currency, 2)
