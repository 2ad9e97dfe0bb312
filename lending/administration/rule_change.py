"""What a change of a rule would do, in sentences."""

from collections.abc import Sequence
from typing import Any, Final

from lending.administration.rule_forms import called, shown
from lending.domain.loan_terms import RULE_VALUES
from lending.domain.rule_change import ChangedValue
from lending.services.queries.rule_preview import MOST_COUNTED, NewlyRefused, RuleChangePreview
from lending.services.rule_details import RuleRef

#: So many cases tell the story; the rest is a number.
_MOST_CASES: Final = 12
_WHAT: Final = {
    "loan_limit_reached": "could borrow nothing more until they bring something back",
    "item_type_limit_reached": "could borrow nothing more of one type until they bring one back",
    "overdue_block": "could borrow nothing until they bring overdue loans back",
    "hold_limit_reached": "could place no more holds",
}


def told(change: RuleChangePreview) -> dict[str, Any]:  # a template's context
    """The change, for the page."""
    return {
        "loans": _number(change.loans),
        "holds": _number(change.holds),
        "values": _values(change.changes),
        "newly_refused": [_sentence(each) for each in change.newly_refused],
    }


def _values(changes: Sequence[ChangedValue]) -> list[dict[str, Any]]:  # a template's context
    alike: dict[tuple[str, str, str], list[str]] = {}
    for each in changes:
        case = called(RuleRef(branch=each.branch, category=each.category, item_type=each.item_type))
        alike.setdefault((each.name, shown(each.before), shown(each.after)), []).append(case)
    return [
        {
            "label": RULE_VALUES[name].label,
            "before": before,
            "after": after,
            "cases": cases[:_MOST_CASES],
            "more": max(0, len(cases) - _MOST_CASES),
        }
        for (name, before, after), cases in alike.items()
    ]


def _sentence(each: NewlyRefused) -> str:
    one = each.patrons == 1
    who = f"{_number(each.patrons)} {each.category} patron{'' if one else 's'}"
    of_type = f" for {each.item_type}" if each.item_type else ""
    return f"{who} {_WHAT[each.code]} (limit{of_type} {shown(each.before)} → {shown(each.after)})."


def _number(count: int) -> str:
    return f"more than {MOST_COUNTED}" if count > MOST_COUNTED else str(count)
