"""The effect of changing a rule: which effective values change, for which copies and patrons."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from lending.domain.circulation_rule import CirculationRule, Dimensions, deciding_rules
from lending.domain.loan_terms import RULE_VALUES
from lending.domain.rule_values import RuleValue


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedValue:
    """An effective value that changes.

    It applies to copies of this branch and item type (None: those that no rule names) and to patrons of this
    category. `before` is None if the category had no terms.
    """

    branch: str | None
    category: str
    item_type: str | None
    name: str
    before: RuleValue | None
    after: RuleValue | None


def changed_values(rules: Iterable[CirculationRule], changed: CirculationRule) -> list[ChangedValue]:
    """Every effective value that changes when `changed` replaces the rule with its dimensions.

    Branches, categories and item types that no rule names behave alike, so one combination covers them all.
    """
    before = list(rules)
    after = [rule for rule in before if rule.id != changed.id] + [changed]
    return [
        change
        for branch, category, item_type in _combinations(after, changed.dimensions)
        for change in _differences(before, after, branch=branch, category=category, item_type=item_type)
    ]


def _combinations(
    rules: Sequence[CirculationRule], about: Dimensions
) -> Iterator[tuple[str | None, str, str | None]]:
    named = [rule.dimensions for rule in rules]
    branches = _values(about.branch, (it.branch for it in named))
    item_types = _values(about.item_type, (it.item_type for it in named))
    categories = [it for it in _values(about.category, (it.category for it in named)) if it is not None]
    return product(branches, categories, item_types)


def _values(fixed: str | None, named: Iterable[str | None]) -> list[str | None]:
    if fixed is not None:
        return [fixed]
    return [None, *sorted({it for it in named if it is not None})]


def _differences(
    before: Sequence[CirculationRule],
    after: Sequence[CirculationRule],
    *,
    branch: str | None,
    category: str,
    item_type: str | None,
) -> Iterator[ChangedValue]:
    was, will_be = (
        deciding_rules(rules, branch=branch, category=category, item_type=item_type) or {}
        for rules in (before, after)
    )
    for name in RULE_VALUES:
        old = was[name].values[name] if was else None
        new = will_be[name].values[name] if will_be else None
        if old != new:
            yield ChangedValue(
                branch=branch, category=category, item_type=item_type, name=name, before=old, after=new
            )
