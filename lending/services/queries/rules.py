"""Questions about the rule matrix."""

from dataclasses import dataclass
from typing import Any

from lending.domain.circulation_rule import Dimensions, deciding_rules
from lending.domain.policies.patron import NoTermsForCategory
from lending.models import CirculationRuleRow, RuleVersionRow
from lending.services.ports import LendingWork, UnknownBranch
from lending.services.rule_answers import ExplainedValue, Explanation, RuleVersion, RuleView
from shared_kernel.services.bus import Query
from shared_kernel.services.pages import Page, PageRequest, keyset_page


class CategoryWithoutTerms(NoTermsForCategory):
    """No circulation rule names the patron category “{category}”; a manager has to add one."""

    pointer = "/category"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRules(Query[Page[RuleView]]):
    """All rows of the matrix."""

    page: PageRequest


def list_rules(query: ListRules) -> Page[RuleView]:
    """A page of them, the row for all first, then by branch, category and item type."""
    order = ("branch", "category", "item_type")
    rows = CirculationRuleRow.objects.values(*order, "values", "version", "set_by", "set_at")
    return keyset_page(rows, order=order, request=query.page).mapped(lambda page: [_view(row) for row in page])


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainRule(Query[Explanation]):
    """Which rule gives which value to such loans? None stands for what no rule names."""

    branch: str | None = None
    category: str | None = None
    item_type: str | None = None


def explain_rule(query: ExplainRule, *, work: LendingWork) -> Explanation:
    """Each effective value and its rule. Raises UnknownBranch, and NoTermsForCategory for an unnamed one."""
    if query.branch is not None and not work.calendars.knows(query.branch):
        raise UnknownBranch(branch=query.branch)
    about = {"branch": query.branch, "category": query.category, "item_type": query.item_type}
    deciding = deciding_rules(work.rules.about(**about), **about)
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
    rows = RuleVersionRow.objects.filter(rule_id=rule.rule_id)
    columns = rows.values("version", "values", "set_by", "set_at", "reason")
    found = keyset_page(columns, order=("version",), request=query.page, descending=True)
    return found.mapped(lambda page: [RuleVersion(**row) for row in page])


def _view(row: dict[str, Any]) -> RuleView:
    where = {name: row.pop(name) or None for name in ("branch", "category", "item_type")}
    return RuleView(**where, **row)
