"""What changing a circulation rule would do, in sentences."""

from collections.abc import Sequence
from typing import Any, Final

from lending.administration.rule_forms import format_value, rule_label
from lending.domain.loan_terms import RULE_VALUES
from lending.domain.rule_change import ChangedValue
from lending.services.queries.rule_preview import MOST_COUNTED, NewlyRefused, RuleChangePreview
from lending.services.rule_details import RuleRef

#: A changed value lists at most this many rules; the rest is a number.
_MOST_LISTED: Final = 12
_CONSEQUENCES: Final = {
    "loan_limit_reached": "could not borrow anything until they return something",
    "item_type_limit_reached": "could not borrow another item of one type until they return one",
    "overdue_block": "could not borrow anything until they return overdue loans",
    "hold_limit_reached": "could not place another hold",
    "too_young": "could not borrow or place holds because they are too young",
    "age_unknown": "could not borrow or place holds until their date of birth is on record",
}


def preview_context(change: RuleChangePreview) -> dict[str, Any]:  # a template's context
    """The preview, as the template shows it."""
    return {
        "loans": _count(change.loans),
        "holds": _count(change.holds),
        "values": _values(change.changes),
        "newly_refused": [_sentence(each) for each in change.newly_refused],
    }


def _values(changes: Sequence[ChangedValue]) -> list[dict[str, Any]]:  # a template's context
    """The changed values; equal changes are one line that lists what they apply to."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for each in changes:
        label = rule_label(RuleRef(branch=each.branch, category=each.category, item_type=each.item_type))
        change = (each.name, format_value(each.before), format_value(each.after))
        grouped.setdefault(change, []).append(label)
    return [
        {
            "label": RULE_VALUES[name].label,
            "before": before,
            "after": after,
            "applies_to": labels[:_MOST_LISTED],
            "more": max(0, len(labels) - _MOST_LISTED),
        }
        for (name, before, after), labels in grouped.items()
    ]


def _sentence(each: NewlyRefused) -> str:
    patrons = f"{_count(each.patrons)} {each.category} patron{'' if each.patrons == 1 else 's'}"
    of_type = f" for {each.item_type}" if each.item_type else ""
    limit = f"limit{of_type} {format_value(each.before)} → {format_value(each.after)}"
    return f"{patrons} {_CONSEQUENCES[each.code]} ({limit})."


def _count(number: int) -> str:
    return f"more than {MOST_COUNTED}" if number > MOST_COUNTED else str(number)
