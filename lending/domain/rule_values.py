"""The values that a circulation rule can set, and what each may be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from lending.domain.loan_terms import RenewFrom
from shared_kernel.domain.errors import InvalidValue, Refusal, Refused

#: A value as a rule keeps it: "none" means no limit at all. Absent, it inherits from a less specific row.
RuleValue = int | bool | str
_LONGEST_DAYS = 3650
_LARGEST_LIMIT = 100_000
_LARGEST_AMOUNT = Decimal(1_000_000)
NO_LIMIT: Final = "none"


class InvalidRuleValue(InvalidValue):
    code = "invalid_rule_value"
    message = "“{name}” can't be {value}: it must be {expected}."
    pointer = "/values"


@dataclass(frozen=True, slots=True)
class _Kind:
    expected: str
    accepts: Callable[[object], bool]
    may_be_none: bool = False


def _whole(smallest: int, largest: int) -> Callable[[object], bool]:
    return lambda it: isinstance(it, int) and not isinstance(it, bool) and smallest <= it <= largest


def _amount(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        amount = Decimal(value)
        return Decimal(0) <= amount <= _LARGEST_AMOUNT and amount == amount.quantize(Decimal("0.01"))
    except InvalidOperation:
        return False


_DAYS = _Kind(f"a whole number of days, 0 to {_LONGEST_DAYS}", _whole(0, _LONGEST_DAYS))
_PERIOD = _Kind(f"a whole number of days, 1 to {_LONGEST_DAYS}", _whole(1, _LONGEST_DAYS))
_LIMIT = _Kind("a whole number, 0 or more, or “none”", _whole(0, _LARGEST_LIMIT), may_be_none=True)
_WINDOW = _Kind("a whole number of days, or “none”", _whole(0, _LONGEST_DAYS), may_be_none=True)
_FLAG = _Kind("true or false", lambda it: isinstance(it, bool))
_MONEY = _Kind("an amount such as “0.25”", _amount)
_CAP = _Kind("an amount such as “25.00”, or “none”", _amount, may_be_none=True)
_BASE = _Kind("due or today", lambda it: isinstance(it, str) and it in set(RenewFrom))

KINDS: Final[Mapping[str, _Kind]] = {
    "loan_days": _PERIOD,
    "max_loans": _LIMIT,
    "max_of_type": _LIMIT,
    "renewals": _LIMIT,
    "renew_window_days": _WINDOW,
    "renew_from": _BASE,
    "renew_overdue": _FLAG,
    "hold_limit": _LIMIT,
    "pickup_days": _PERIOD,
    "fine_per_day": _MONEY,
    "grace_days": _DAYS,
    "fine_cap": _CAP,
    "cap_at_price": _FLAG,
    "lost_after_days": _WINDOW,
    "processing_fee": _MONEY,
    "block_balance": _CAP,
    "block_overdue": _LIMIT,
}
AMOUNTS: Final = frozenset(name for name, kind in KINDS.items() if kind in {_MONEY, _CAP})
FLAGS: Final = frozenset(name for name, kind in KINDS.items() if kind is _FLAG)


def checked_values(values: Mapping[str, object]) -> dict[str, RuleValue]:
    """The values that are given, each found fit; those that are None are left to inherit.

    Amounts are written in one way, with two decimals. Raises Refused with InvalidRuleValue for each that is
    not fit.
    """
    given = {name: value for name, value in values.items() if value is not None}
    refusals = [refusal for name, value in given.items() if (refusal := _refusal(name, value))]
    if refusals:
        raise Refused(*refusals)
    return {name: _tidied(name, value) for name, value in given.items() if isinstance(value, int | str)}


def _tidied(name: str, value: RuleValue) -> RuleValue:
    return f"{abs(Decimal(str(value))):.2f}" if name in AMOUNTS and value != NO_LIMIT else value


def _refusal(name: str, value: object) -> Refusal | None:
    kind = KINDS.get(name)
    if kind is None:
        return InvalidRuleValue(name=name, value=value, expected="no value of a rule")
    if kind.accepts(value) or (kind.may_be_none and value == NO_LIMIT):
        return None
    return InvalidRuleValue(name=name, value=value, expected=kind.expected)


def typed(name: str, value: RuleValue) -> object:
    """The value as terms have it: None for no limit, amounts as Decimal."""
    if value == NO_LIMIT:
        return None
    if name in AMOUNTS:
        return Decimal(str(value))
    return RenewFrom(str(value)) if name == "renew_from" else value
