"""The rule matrix: rows of branch, category and item type, each set or open, determine the loan terms."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID, uuid5

from lending.domain.circulation_rule_events import RuleChanged
from lending.domain.loan_terms import (
    REQUIRED_VALUES,
    RULE_VALUES,
    LoanTerms,
    checked_values,
    default_values,
)
from lending.domain.rule_values import RuleValue
from shared_kernel.domain.aggregates import Aggregate
from shared_kernel.domain.errors import InvalidValue

_RULES = UUID("5f6c3c1e-7f5c-5b55-9d0e-3f7a6c1f2a10")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class FallbackRuleIncomplete(InvalidValue):
    code = "fallback_rule_incomplete"
    message = "The rule for all branches, categories and item types must set every value. Missing: {missing}."
    pointer = "/values"


class RuleItemTypeInvalid(InvalidValue):
    code = "invalid_item_type"
    message = "An item type has 1 to 40 characters (a-z, 0-9, _ and -) and starts with a letter or digit."
    pointer = "/item_type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimensions:
    """What a rule applies to; None means all. Raises RuleItemTypeInvalid for a malformed item type."""

    branch: str | None = None
    category: str | None = None
    item_type: str | None = None

    def __post_init__(self) -> None:
        if self.item_type is not None and not _SLUG.fullmatch(self.item_type):
            raise RuleItemTypeInvalid

    @property
    def specificity(self) -> tuple[bool, bool, bool]:
        """The order of matching rows: branch counts more than category, category more than item type."""
        return (self.branch is not None, self.category is not None, self.item_type is not None)

    def match(self, *, branch: str | None, category: str | None, item_type: str | None) -> bool:
        """Whether the rule applies to such a loan; None stands for a value that no rule names."""
        return (
            self.branch in {None, branch}
            and self.category in {None, category}
            and self.item_type in {None, item_type}
        )

    @property
    def rule_id(self) -> UUID:
        """The id of the one rule for these dimensions."""
        return uuid5(_RULES, "/".join(it or "" for it in (self.branch, self.category, self.item_type)))


class CirculationRule(Aggregate):
    """One row of the matrix: what it applies to, and the values that it sets. The others are inherited.

    `set_by` is the principal who last changed it, at `set_at`, for this `reason`.
    """

    def __init__(
        self,
        *,
        dimensions: Dimensions,
        values: Mapping[str, RuleValue] | None = None,
        set_at: datetime | None = None,
        set_by: str = "",
        version: int = 0,
    ) -> None:
        super().__init__(id=dimensions.rule_id, version=version)
        self.dimensions = dimensions
        self.values = self._completed(values or {})
        self.set_at = set_at
        self.set_by = set_by
        self.reason = ""

    @classmethod
    def of(cls, *, version: int = 1, **fields: Any) -> Self:  # dimensions and values by their names
        """Rebuild a stored rule from its dimensions and values, given by name."""
        dimensions = Dimensions(
            **{name: fields.pop(name, None) for name in ("branch", "category", "item_type")}
        )
        return cls(dimensions=dimensions, values=checked_values(fields), version=version)

    @property
    def is_fallback(self) -> bool:
        """Whether this is the rule for everything, the fallback of all others."""
        return self.dimensions == Dimensions()

    def _completed(self, values: Mapping[str, RuleValue]) -> dict[str, RuleValue]:
        """The values, for the fallback rule with the defaults of values added since it was stored."""
        return {**default_values(), **values} if self.is_fallback and values else dict(values)

    def set(self, values: Mapping[str, object], *, at: datetime, by: str, reason: str = "") -> None:
        """Replace the values. Raises Refused with InvalidRuleValue, or FallbackRuleIncomplete.

        Setting the present values again changes nothing.
        """
        checked = self._completed(checked_values(values))
        missing = sorted(REQUIRED_VALUES - set(checked))
        if self.is_fallback and missing:
            raise FallbackRuleIncomplete(missing=", ".join(missing))
        if checked == self.values and self.version:
            return
        self.values = checked
        self.set_at, self.set_by, self.reason = at, by, reason
        self._record(
            RuleChanged(
                aggregate_id=self.id,
                occurred_at=at,
                branch=self.dimensions.branch,
                category=self.dimensions.category,
                item_type=self.dimensions.item_type,
                values=checked,
            )
        )


def deciding_rules(
    rules: Iterable[CirculationRule], *, branch: str | None, category: str | None, item_type: str | None
) -> dict[str, CirculationRule] | None:
    """For each value the rule that determines it, for such a copy and patron.

    Each value comes from the most specific matching row that sets it, in the end from the fallback. A
    category that no row names has no terms (None). A dimension of None matches only rows that leave it open.
    """
    rows = list(rules)
    if category is not None and not any(row.dimensions.category == category for row in rows):
        return None
    return _deciding(rows, branch=branch, category=category, item_type=item_type)


def inherited_values(rules: Iterable[CirculationRule], dimensions: Dimensions) -> dict[str, CirculationRule]:
    """For each value the rule from which a row of these dimensions would inherit it.

    The fallback inherits nothing.
    """
    others = [row for row in rules if row.dimensions != dimensions]
    return _deciding(
        others,
        branch=dimensions.branch,
        category=dimensions.category,
        item_type=dimensions.item_type,
    )


def _deciding(
    rules: Iterable[CirculationRule], *, branch: str | None, category: str | None, item_type: str | None
) -> dict[str, CirculationRule]:
    matching = sorted(
        (row for row in rules if row.dimensions.match(branch=branch, category=category, item_type=item_type)),
        key=lambda row: row.dimensions.specificity,
    )
    return {name: row for row in matching for name in RULE_VALUES if name in row.values}


def effective_terms(
    rules: Iterable[CirculationRule], *, branch: str, category: str, item_type: str
) -> LoanTerms | None:
    """The terms of such a loan, or None if no rule names the category."""
    deciding = deciding_rules(rules, branch=branch, category=category, item_type=item_type)
    if deciding is None:
        return None
    values: dict[str, Any] = {
        name: RULE_VALUES[name].type.as_term(rule.values[name]) for name, rule in deciding.items()
    }
    return LoanTerms(**values)
