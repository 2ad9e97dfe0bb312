"""The types of rule values, as stored in rules and as used in terms."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from shared_kernel.domain.errors import InvalidValue
from shared_kernel.domain.money import DECIMAL

#: A value as a rule stores it: "none" means no limit. An absent value is inherited.
RuleValue = int | bool | str
NO_LIMIT: Final = "none"
_LONGEST_DAYS = 3650
_LARGEST_LIMIT = 100_000
_LARGEST_AGE = 120
_LARGEST_AMOUNT = Decimal(1_000_000)


class InvalidRuleValue(InvalidValue):
    code = "invalid_rule_value"
    message = "“{name}” can't be {value}: it must be {expected}."
    pointer = "/values"


class RenewFrom(StrEnum):
    """The day from which a renewal counts: the due day, or the day of renewing."""

    DUE = "due"
    TODAY = "today"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueType:
    """`expected` completes the sentence “it must be …”. With `may_be_none`, "none" means no limit.

    `parse` turns a value that is accepted into a term, `normalise` writes equal values alike. A value of
    `choices` is one of these words.
    """

    expected: str
    accepts: Callable[[object], bool]
    may_be_none: bool = False
    parse: Callable[[RuleValue], object] = lambda value: value
    normalise: Callable[[RuleValue], RuleValue] = lambda value: value
    choices: tuple[str, ...] = ()

    def check(self, name: str, value: object) -> InvalidRuleValue | None:
        """The refusal of a value that isn't accepted."""
        if self.accepts(value) or (self.may_be_none and value == NO_LIMIT):
            return None
        return InvalidRuleValue(name=name, value=value, expected=self.expected)

    def as_term(self, value: RuleValue) -> object:
        """The value as used in terms; None for no limit."""
        return None if value == NO_LIMIT else self.parse(value)

    def as_stored(self, value: RuleValue) -> RuleValue:
        """The normalised form in which a rule stores the value."""
        return value if value == NO_LIMIT else self.normalise(value)


def _whole(smallest: int, largest: int) -> Callable[[object], bool]:
    return lambda it: isinstance(it, int) and not isinstance(it, bool) and smallest <= it <= largest


def _is_amount(value: object) -> bool:
    if not isinstance(value, str) or not DECIMAL.fullmatch(value.strip()):
        return False
    try:
        amount = Decimal(value)
        return Decimal(0) <= amount <= _LARGEST_AMOUNT and amount == amount.quantize(Decimal("0.01"))
    except InvalidOperation:
        return False


def _amount(expected: str, *, may_be_none: bool = False) -> ValueType:
    return ValueType(
        expected=expected,
        accepts=_is_amount,
        may_be_none=may_be_none,
        parse=lambda value: Decimal(str(value)),
        normalise=lambda value: f"{abs(Decimal(str(value))):.2f}",
    )


DAYS: Final = ValueType(
    expected=f"a whole number of days, 0 to {_LONGEST_DAYS}", accepts=_whole(0, _LONGEST_DAYS)
)
PERIOD: Final = ValueType(
    expected=f"a whole number of days, 1 to {_LONGEST_DAYS}", accepts=_whole(1, _LONGEST_DAYS)
)
LIMIT: Final = ValueType(
    expected="a whole number, 0 or more, or “none”", accepts=_whole(0, _LARGEST_LIMIT), may_be_none=True
)
AGE: Final = ValueType(
    expected=f"a whole number of years, 1 to {_LARGEST_AGE}, or “none”",
    accepts=_whole(1, _LARGEST_AGE),
    may_be_none=True,
)
WINDOW: Final = ValueType(
    expected="a whole number of days, or “none”", accepts=_whole(0, _LONGEST_DAYS), may_be_none=True
)
FLAG: Final = ValueType(expected="true or false", accepts=lambda it: isinstance(it, bool))
AMOUNT: Final = _amount("an amount such as “0.25”")
CAP: Final = _amount("an amount such as “25.00”, or “none”", may_be_none=True)
START: Final = ValueType(
    expected="due or today",
    accepts=lambda it: isinstance(it, str) and it in set(RenewFrom),
    parse=lambda value: RenewFrom(str(value)),
    choices=tuple(RenewFrom),
)
