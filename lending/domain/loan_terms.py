"""The terms of a loan: the effective values of the circulation rules, snapshotted on the loan.

The fields of `LoanTerms` are the one table of rule values. The rules' checks, the forms, the preview and
docs/circulation-rules.md follow from it. To add a value see docs/how-to/add-a-rule-value.md.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from decimal import Decimal
from typing import Any, Final

from lending.domain.rule_values import (
    AGE,
    AMOUNT,
    CAP,
    DAYS,
    FLAG,
    LIMIT,
    NO_LIMIT,
    PERIOD,
    START,
    WINDOW,
    InvalidRuleValue,
    RenewFrom,
    RuleValue,
    ValueType,
)
from shared_kernel.domain.errors import Refusal, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleValueDefinition:
    """One line of the table: `applies_to` names the actions that the value governs.

    `default` applies if the rule for everything leaves the value out, which only an `optional` value allows:
    one that was added after the first release.
    """

    name: str
    type: ValueType
    default: object
    label: str
    meaning: str
    applies_to: str
    optional: bool

    @property
    def default_value(self) -> RuleValue:
        """The default as a rule stores it."""
        if self.default is None:
            return NO_LIMIT
        return self.default if isinstance(self.default, int) else str(self.default)

    @property
    def help(self) -> str:
        """What the value means and which values are valid."""
        return f"{self.meaning} It must be {self.type.expected}."


def _value(
    type_: ValueType, *, default: object, label: str, meaning: str, applies_to: str, optional: bool = False
) -> Any:  # what dataclasses.field() gives, which is any field's default to a type checker
    metadata = {
        "type": type_,
        "label": label,
        "meaning": meaning,
        "applies_to": applies_to,
        "optional": optional,
    }
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanTerms:
    """The terms of one loan. None means: no limit, no cap, no window, never.

    Days are days of the branch, amounts are of the library's currency. Terms that were stored before a value
    was added have its default.
    """

    loan_days: int = _value(
        PERIOD,
        default=14,
        label="Loan period (days)",
        meaning="Days until a loan is due.",
        applies_to="borrowing",
    )
    max_loans: int | None = _value(
        LIMIT, default=5, label="Loan limit", meaning="Open loans of a patron.", applies_to="borrowing"
    )
    max_of_type: int | None = _value(
        LIMIT,
        default=None,
        label="Loan limit per item type",
        meaning="Open loans of a patron that are copies of one item type.",
        applies_to="borrowing",
    )
    renewals: int | None = _value(
        LIMIT, default=3, label="Renewals", meaning="Renewals of a loan.", applies_to="renewing"
    )
    renew_window_days: int | None = _value(
        WINDOW,
        default=None,
        label="Renewable (days before due)",
        meaning="A loan can be renewed from this many days before it is due.",
        applies_to="renewing",
    )
    renew_from: RenewFrom = _value(
        START,
        default=RenewFrom.DUE,
        label="Renewed from",
        meaning="Whether a renewal counts from the due day or from the day of renewing.",
        applies_to="renewing",
    )
    renew_overdue: bool = _value(
        FLAG,
        default=True,
        label="Renew overdue loans",
        meaning="Whether an overdue loan can be renewed.",
        applies_to="renewing",
    )
    hold_limit: int | None = _value(
        LIMIT, default=5, label="Hold limit", meaning="Active holds of a patron.", applies_to="holds"
    )
    pickup_days: int = _value(
        PERIOD,
        default=7,
        label="Pickup period (days)",
        meaning="Days for which a ready hold is kept.",
        applies_to="holds",
    )
    fine_per_day: Decimal = _value(
        AMOUNT,
        default=Decimal("0.25"),
        label="Fine per day",
        meaning="Fine for each open day that a loan is overdue.",
        applies_to="fines",
    )
    grace_days: int = _value(
        DAYS,
        default=0,
        label="Grace period (days)",
        meaning="A loan that is overdue for no more than these days costs nothing; beyond, each day counts.",
        applies_to="fines",
    )
    fine_cap: Decimal | None = _value(
        CAP, default=None, label="Maximum fine", meaning="Largest fine of a loan.", applies_to="fines"
    )
    cap_at_price: bool = _value(
        FLAG,
        default=True,
        label="Fine capped at price",
        meaning="Whether a fine stops at the copy's replacement price.",
        applies_to="fines",
    )
    lost_after_days: int | None = _value(
        WINDOW,
        default=30,
        label="Lost after (days overdue)",
        meaning="A loan that has been overdue for more than these days counts as lost.",
        applies_to="fines",
    )
    processing_fee: Decimal = _value(
        AMOUNT,
        default=Decimal("10.00"),
        label="Processing fee",
        meaning="Charged for a lost copy, besides its price.",
        applies_to="fines",
    )
    block_balance: Decimal | None = _value(
        CAP,
        default=Decimal("25.00"),
        label="Blocked above balance",
        meaning="A patron who owes more than this can't borrow.",
        applies_to="blocks",
    )
    block_overdue: int | None = _value(
        LIMIT,
        default=3,
        label="Blocked at overdue loans",
        meaning="A patron with this many overdue loans can't borrow.",
        applies_to="blocks",
    )
    min_age: int | None = _value(
        AGE,
        default=None,
        label="Minimum age (years)",
        meaning="Age from which a patron can borrow and place holds. A date of birth must be on record.",
        applies_to="borrowing, holds",
        optional=True,
    )


RULE_VALUES: Final[Mapping[str, RuleValueDefinition]] = {
    each.name: RuleValueDefinition(
        name=each.name, default=each.default if each.default is not MISSING else None, **each.metadata
    )
    for each in fields(LoanTerms)
}
#: The values that the rule for everything must set.
REQUIRED_VALUES: Final = frozenset(name for name, it in RULE_VALUES.items() if not it.optional)


def checked_values(values: Mapping[str, object]) -> dict[str, RuleValue]:
    """The given values, validated and normalised; None means inherited and is dropped.

    Amounts have two decimals. Raises Refused with an InvalidRuleValue for each invalid value.
    """
    given = {name: value for name, value in values.items() if value is not None}
    refusals = [refusal for name, value in given.items() if (refusal := _refusal(name, value))]
    if refusals:
        raise Refused(*refusals)
    return {
        name: RULE_VALUES[name].type.as_stored(value)
        for name, value in given.items()
        if isinstance(value, int | str)
    }


def _refusal(name: str, value: object) -> Refusal | None:
    if name not in RULE_VALUES:
        return InvalidRuleValue(name=name, value=value, expected="absent: there is no such value")
    return RULE_VALUES[name].type.check(name, value)


def default_values() -> dict[str, RuleValue]:
    """The defaults of the values that the rule for everything may leave out."""
    return {name: it.default_value for name, it in RULE_VALUES.items() if it.optional}
