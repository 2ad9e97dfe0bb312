"""Queries about the rule matrix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lending.domain.circulation_rule import CirculationRule, Dimensions, deciding_rules, inherited_values
from lending.domain.policies.patron import NoTermsForCategory
from lending.models import CirculationRuleRow, RuleVersionRow
from lending.services.ports import LendingWork, PatronDirectory, UnknownBranch
from lending.services.rule_details import ExplainedValue, Explanation, RuleDetails, RuleRef, RuleVersion
from shared_kernel.services.bus import Query
from shared_kernel.services.pagination import Page, PageRequest, keyset_page

_DIMENSIONS: Final = ("branch", "category", "item_type")
_COLUMNS: Final = ("version", "values", "set_by", "set_at")


class CategoryWithoutTerms(NoTermsForCategory):
    message = "No circulation rule covers the patron category “{category}”. A manager has to add one."
    pointer = "/category"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRules(Query[Page[RuleDetails]]):
    """All rows of the matrix."""

    page: PageRequest


def list_rules(query: ListRules) -> Page[RuleDetails]:
    """A page of them, the row for all first, then by branch, category and item type."""
    rows = CirculationRuleRow.objects.values(*_DIMENSIONS, *_COLUMNS)
    found = keyset_page(rows, order=_DIMENSIONS, request=query.page)
    return found.mapped(lambda page: [_view(row) for row in page])


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCategories(Query[Mapping[str, str]]):
    """The categories that a rule can name."""


def list_categories(_query: ListCategories, *, patrons: PatronDirectory) -> Mapping[str, str]:
    """What each is called, by its code."""
    return patrons.categories()


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """A row of the matrix with what it inherits: each value that others give, and which rule does."""

    rule: RuleDetails
    inherited: Mapping[str, ExplainedValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleMatrix(Query[Sequence[MatrixRow]]):
    """The whole matrix, to be read and edited by a manager; with `also` a row that there may not be yet."""

    also: RuleRef | None = None


def rule_matrix(query: RuleMatrix, *, work: LendingWork) -> Sequence[MatrixRow]:
    """Every row, the row for all first, then by branch, category and item type; a new row comes last."""
    rules = list(work.rules.matrix())
    if query.also is not None:
        also = CirculationRule(dimensions=query.also.dimensions)
        rules += [also] if all(rule.id != also.id for rule in rules) else []
    return [
        MatrixRow(
            rule=RuleDetails.of(rule),
            inherited={
                name: ExplainedValue.of(name, giver)
                for name, giver in inherited_values(rules, rule.dimensions).items()
            },
        )
        for rule in rules
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainRule(Query[Explanation]):
    """Which rule gives which value to such loans? None stands for what no rule names."""

    refusals = (UnknownBranch, CategoryWithoutTerms)

    branch: str | None = None
    category: str | None = None
    item_type: str | None = None


def explain_rule(query: ExplainRule, *, work: LendingWork) -> Explanation:
    """Each effective value and its rule. Raises UnknownBranch, and NoTermsForCategory for an unnamed one."""
    if query.branch is not None and not work.calendars.knows(query.branch):
        raise UnknownBranch(branch=query.branch)
    about = {"branch": query.branch, "category": query.category, "item_type": query.item_type}
    deciding = deciding_rules(work.rules.matching(**about), **about)
    if deciding is None:
        raise CategoryWithoutTerms(category=query.category)
    return Explanation(values={name: ExplainedValue.of(name, rule) for name, rule in deciding.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleHistory(Query[Page[RuleVersion]]):
    """What the rule for these dimensions (None: all) has been."""

    branch: str | None = None
    category: str | None = None
    item_type: str | None = None
    page: PageRequest


def rule_history(query: RuleHistory) -> Page[RuleVersion]:
    """A page of its versions, the newest first; none for a rule that there never was."""
    rule = Dimensions(branch=query.branch, category=query.category, item_type=query.item_type)
    rows = RuleVersionRow.objects.filter(rule_id=rule.rule_id).values(*_COLUMNS, "reason")
    found = keyset_page(rows, order=("version",), request=query.page, descending=True)
    return found.mapped(lambda page: [RuleVersion(**row) for row in page])


def _view(row: dict[str, Any]) -> RuleDetails:
    return RuleDetails(**(row | {name: row[name] or None for name in _DIMENSIONS}))
