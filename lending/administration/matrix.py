"""The rule matrix in the administration: a table to read, and one row of it at a time to edit."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from lending.administration.permissions import require_scope
from lending.administration.rule_change import told
from lending.administration.rule_forms import RuleChoice, RuleValuesForm, called, shown, written
from lending.domain.loan_terms import RULE_VALUES
from lending.models import CirculationRuleRow
from lending.services.commands.set_rule import SetRule
from lending.services.queries.calendars import ListBranches
from lending.services.queries.rule_preview import RuleChangePreview, RulePreview
from lending.services.queries.rules import (
    ExplainRule,
    ListCategories,
    MatrixRow,
    RuleHistory,
    RuleMatrix,
)
from lending.services.rule_details import RuleRef
from shared_kernel.domain.errors import Refused
from shared_kernel.domain.text import has_visible_text
from shared_kernel.services.pagination import PageRequest
from shared_kernel.services.queries import ask
from shared_kernel.web.access import principal
from shared_kernel.web.admin_base import ReadOnlyAdmin
from shared_kernel.web.form_keys import dispatch_form
from shared_kernel.web.usernames import usernames_of

Context = dict[str, Any]  # a template's
READ, WRITE = "circulation:read", "rules:write"
_EVERY: Final = PageRequest(size=1000)
_LATEST: Final = PageRequest(size=100)
_MATRIX = "admin:lending_circulationrulerow_changelist"
_EDIT = "admin:lending_circulationrulerow_edit"


class MatrixAdmin(ReadOnlyAdmin[CirculationRuleRow]):
    """The terms of lending as a table. Managers edit a row, see what that would change, say why and save."""

    read_scope = READ

    def get_urls(self) -> list[URLPattern]:
        """The page to edit a row on, before Django's own, one of which takes any address."""
        edit = path(
            "edit/", self.admin_site.admin_view(self.edit_view), name="lending_circulationrulerow_edit"
        )
        return [edit, *super().get_urls()]

    def changelist_view(
        self,
        request: HttpRequest,
        extra_context: Context | None = None,  # noqa: ARG002  Django's signature
    ) -> HttpResponse:
        """The matrix, and with a choice of loans what holds for them."""
        require_scope(request, READ)
        choice = _choice(request.GET if {"branch", "category", "item_type"} & set(request.GET) else None)
        explained: Context = {}
        if choice.is_bound and choice.is_valid():
            explained = _explained(choice.cleaned_data)
        return self._render(request, "matrix", _table(ask(RuleMatrix())) | {"choice": choice, **explained})

    def edit_view(self, request: HttpRequest) -> HttpResponse:
        """One row with its values in fields; shows what they would change, and saves them for a reason."""
        require_scope(request, WRITE)
        choice = _choice(request.GET)
        if not choice.is_valid():
            return HttpResponseRedirect(reverse(_MATRIX))
        about = RuleRef(**choice.cleaned_data)
        try:
            rows = ask(RuleMatrix(also=about))
        except Refused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(reverse(_MATRIX))
        (row,) = (row for row in rows if _ref(row) == about)
        form, change = _edited(request, row)
        if change is None and form.is_bound and form.is_valid():
            messages.success(request, f"The rule for {called(about)} is set.")
            return HttpResponseRedirect(reverse(_MATRIX))
        context = _table(rows, edited=row, form=form) | {"form": form, "title": f"Terms for {called(about)}"}
        return self._render(request, "matrix", context | ({"change": told(change)} if change else {}))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002  Django's signature
        extra_context: Context | None = None,  # noqa: ARG002  Django passes it
    ) -> HttpResponse:
        """What a rule has been."""
        require_scope(request, READ)
        row = self.get_object(request, object_id)
        if row is None:
            return HttpResponseRedirect(reverse(_MATRIX))
        about = RuleRef(
            branch=row.branch or None, category=row.category or None, item_type=row.item_type or None
        )
        versions = ask(RuleHistory(**_dimensions(about), page=_LATEST)).results
        people = usernames_of(version.set_by for version in versions)
        history = [
            {
                "version": version,
                "set_by": people[version.set_by],
                "values": {RULE_VALUES[name].label: shown(value) for name, value in version.values.items()},
            }
            for version in versions
        ]
        context = {"title": f"History of the rule for {called(about)}", "history": history}
        return self._render(request, "rule_history", context | {"edit_address": _edit_address(about)})

    def _render(self, request: HttpRequest, template: str, context: Context) -> HttpResponse:
        own: Context = {
            "title": "Circulation rules",
            "opts": self.opts,
            "may_write": principal(request).may(WRITE),
            "matrix_address": reverse(_MATRIX),
            "currency": settings.CURRENCY,
            "is_fullwidth": "1",
        }
        shared = self.admin_site.each_context(request)
        return TemplateResponse(request, f"lending/admin/{template}.html", shared | own | context)


def _choice(given: Any) -> RuleChoice:  # Django's QueryDict, or None
    branches = {each.code: f"{each.code} – {each.name}" for each in ask(ListBranches(page=_EVERY)).results}
    return RuleChoice(given, branches=branches, categories=ask(ListCategories()))


def _edited(request: HttpRequest, row: MatrixRow) -> tuple[RuleValuesForm, RuleChangePreview | None]:
    """The form to be shown, and what it would change; a sent one without change and error is saved."""
    initial = {**written(row.rule.values), "version": row.rule.version}
    if request.method != "POST":
        return RuleValuesForm(inherited=row.inherited, initial=initial), None
    form = RuleValuesForm(request.POST, inherited=row.inherited)
    if not form.is_valid():
        return form, None
    about, values = _dimensions(_ref(row)), form.values
    try:
        if "save" not in request.POST:
            return form, ask(RulePreview(**about, values=values))
        _save(request, form, about)
    except Refused as refused:
        form.tell(refused)
    return form, None


def _save(request: HttpRequest, form: RuleValuesForm, about: Mapping[str, str | None]) -> None:
    reason = form.cleaned_data["reason"]
    if not has_visible_text(reason):
        form.add_error("reason", "Say why: it goes into the rule's history.")
        return
    dispatch_form(
        request, SetRule(**about, values=form.values, reason=reason, version=form.cleaned_data["version"])
    )


def _table(
    rows: Sequence[MatrixRow], *, edited: MatrixRow | None = None, form: RuleValuesForm | None = None
) -> Context:
    people = usernames_of(row.rule.set_by for row in rows)
    return {
        "columns": [
            {"name": name, "label": value.label, "help": value.help} for name, value in RULE_VALUES.items()
        ],
        "rows": [
            {
                "id": _ref(row).dimensions.rule_id,
                "rule": row.rule,
                "called": called(_ref(row)),
                "set_by": people[row.rule.set_by],
                "is_edited": row is edited,
                "edit_address": _edit_address(_ref(row)),
                "cells": [_cell(row, name, form if row is edited else None) for name in RULE_VALUES],
            }
            for row in rows
        ],
    }


def _cell(row: MatrixRow, name: str, form: RuleValuesForm | None) -> Context:
    giver = row.inherited.get(name)
    is_own = name in row.rule.values
    return {
        "field": form[name] if form else None,
        "own": shown(row.rule.values[name]) if is_own else None,
        "inherited": shown(giver.value) if giver else None,
        "source": called(giver.rule) if giver else None,
    }


def _explained(about: Mapping[str, str | None]) -> Context:
    try:
        values = ask(ExplainRule(**about)).values
    except Refused as refused:
        return {"unexplained": str(refused)}
    cells = [{"inherited": shown(each.value), "source": called(each.rule)} for each in values.values()]
    return {"explained": cells, "explained_for": called(RuleRef(**about)), "about": about}


def _ref(row: MatrixRow) -> RuleRef:
    return RuleRef(branch=row.rule.branch, category=row.rule.category, item_type=row.rule.item_type)


def _dimensions(about: RuleRef) -> dict[str, str | None]:
    return {"branch": about.branch, "category": about.category, "item_type": about.item_type}


def _edit_address(about: RuleRef) -> str:
    given = {name: value for name, value in _dimensions(about).items() if value is not None}
    return f"{reverse(_EDIT)}?{urlencode(given)}"
