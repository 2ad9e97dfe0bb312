"""The public shapes of circulation rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from lending.domain.circulation_rule import CirculationRule, Dimensions
from lending.domain.rule_values import RuleValue
from shared_kernel.services.bus import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRef(Result):
    """Names a rule by what it speaks of; null stands for all."""

    branch: str | None
    category: str | None
    item_type: str | None

    @classmethod
    def of(cls, dimensions: Dimensions) -> Self:
        """The name of the rule of these dimensions."""
        return cls(branch=dimensions.branch, category=dimensions.category, item_type=dimensions.item_type)

    @property
    def dimensions(self) -> Dimensions:
        """What it speaks of. Raises RuleItemTypeInvalid."""
        return Dimensions(branch=self.branch, category=self.category, item_type=self.item_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDetails(Result):
    """A row of the matrix. `values` has those that the row gives; the others it inherits.

    Amounts are decimal strings, "none" means no limit. `set_by` is a principal.
    """

    branch: str | None
    category: str | None
    item_type: str | None
    values: Mapping[str, RuleValue]
    version: int
    set_by: str
    set_at: datetime | None

    @classmethod
    def of(cls, rule: CirculationRule) -> Self:
        """A rule as it stands."""
        return cls(
            branch=rule.dimensions.branch,
            category=rule.dimensions.category,
            item_type=rule.dimensions.item_type,
            values=rule.values,
            version=rule.version,
            set_by=rule.set_by,
            set_at=rule.set_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedValue(Result):
    """An effective value, and which version of which rule gives it."""

    value: RuleValue
    rule: RuleRef
    version: int
    set_by: str
    set_at: datetime | None

    @classmethod
    def of(cls, name: str, rule: CirculationRule) -> Self:
        """The value of this name, which the rule gives."""
        return cls(
            value=rule.values[name],
            rule=RuleRef.of(rule.dimensions),
            version=rule.version,
            set_by=rule.set_by,
            set_at=rule.set_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation(Result):
    """The effective values for some copies and patrons, by their names."""

    values: Mapping[str, ExplainedValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion(Result):
    """What a rule was from `set_at` on, who made it so, and why."""

    version: int
    values: Mapping[str, RuleValue]
    set_by: str
    set_at: datetime
    reason: str
