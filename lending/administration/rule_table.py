"""The table of circulation rules, as the template shows it."""

from collections.abc import Sequence
from typing import Any, Final

from django.urls import reverse
from django.utils.http import urlencode

from lending.administration.rule_forms import RuleValuesForm, format_value, rule_label
from lending.domain.loan_terms import RULE_VALUES
from lending.services.queries.rules import MatrixRow
from lending.services.rule_details import RuleRef
from shared_kernel.web.usernames import usernames_of

Context = dict[str, Any]  # a template's
EDIT_PAGE: Final = "admin:lending_circulationrulerow_edit"


def rule_table(
    rows: Sequence[MatrixRow], *, edited: MatrixRow | None = None, form: RuleValuesForm | None = None
) -> Context:
    """Columns and rows; the cells of the `edited` row are the fields of `form`."""
    usernames = usernames_of(row.rule.set_by for row in rows)
    return {
        "columns": [
            {"name": name, "label": value.label, "help": value.help} for name, value in RULE_VALUES.items()
        ],
        "rows": [
            {
                "id": rule_of(row).dimensions.rule_id,
                "rule": row.rule,
                "label": rule_label(rule_of(row)),
                "set_by": usernames[row.rule.set_by],
                "is_edited": row is edited,
                "edit_address": edit_address(rule_of(row)),
                "cells": [_cell(row, name, form if row is edited else None) for name in RULE_VALUES],
            }
            for row in rows
        ],
    }


def rule_of(row: MatrixRow) -> RuleRef:
    """Which rule a row of the matrix is."""
    return RuleRef(branch=row.rule.branch, category=row.rule.category, item_type=row.rule.item_type)


def dimensions(rule: RuleRef) -> dict[str, str | None]:
    """The rule's dimensions as keyword arguments."""
    return {"branch": rule.branch, "category": rule.category, "item_type": rule.item_type}


def edit_address(rule: RuleRef) -> str:
    """The address of the page that edits the rule."""
    given = {name: value for name, value in dimensions(rule).items() if value is not None}
    return f"{reverse(EDIT_PAGE)}?{urlencode(given)}"


def _cell(row: MatrixRow, name: str, form: RuleValuesForm | None) -> Context:
    inherited = row.inherited.get(name)
    return {
        "field": form[name] if form else None,
        "own": format_value(row.rule.values[name]) if name in row.rule.values else None,
        "inherited": format_value(inherited.value) if inherited else None,
        "source": rule_label(inherited.rule) if inherited else None,
    }
