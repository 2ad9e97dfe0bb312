"""What changing a rule changes: the effective values, for which copies and which patrons."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from lending.domain.circulation_rule import CirculationRule, Dimensions, deciding_rules
from lending.domain.loan_terms import RULE_VALUES
from lending.domain.rule_values import RuleValue


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedValue:
    """An effective value that is another afterwards.

    For copies of this branch and item type, where None stands for all that no rule names, and for patrons of
    this category. `before` is None where the category had no terms at all.
    """

    branch: str | None
    category: str
    item_type: str | None
    name: str
    before: RuleValue | None
    after: RuleValue | None


def changed_values(rules: Iterable[CirculationRule], changed: CirculationRule) -> list[ChangedValue]:
    """Every effective value that changes when `changed` takes its place among the rules.

    Branches, categories and item types that no rule names are all alike, so naming those that are named
    covers everything.
    """
    before = list(rules)
    after = [rule for rule in before if rule.id != changed.id] + [changed]
    return [
        change
        for branch, category, item_type in _cases(after, changed.dimensions)
        for change in _differences(before, after, branch=branch, category=category, item_type=item_type)
    ]


def _cases(
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
