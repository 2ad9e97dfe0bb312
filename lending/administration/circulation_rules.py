"""Circulation rules in the administration: a table of all rules, and a page to edit one of them."""

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from lending.administration.permissions import require_scope
from lending.administration.rendering import render_admin_page
from lending.administration.rule_forms import (
    RuleSelectionForm,
    RuleValuesForm,
    format_value,
    initial_values,
    rule_label,
)
from lending.administration.rule_preview import preview_context
from lending.administration.rule_table import EDIT_PAGE, dimensions, edit_address, rule_of, rule_table
from lending.domain.loan_terms import RULE_VALUES
from lending.models import CirculationRuleRow
from lending.services.commands.set_rule import SetRule
from lending.services.queries.calendars import ListBranches
from lending.services.queries.rule_preview import RuleChangePreview, RulePreview
from lending.services.queries.rules import ExplainRule, ListCategories, MatrixRow, RuleHistory, RuleMatrix
from lending.services.rule_details import RuleRef
from shared_kernel.domain.errors import Refused
from shared_kernel.domain.text import has_visible_text
from shared_kernel.services.pagination import PageRequest
from shared_kernel.services.queries import ask
from shared_kernel.web.access import principal
from shared_kernel.web.admin.base import ReadOnlyAdmin
from shared_kernel.web.form_idempotency import dispatch_form
from shared_kernel.web.usernames import usernames_of

Context = dict[str, Any]  # a template's
READ, WRITE = "circulation:read", "rules:write"
_ALL_BRANCHES: Final = PageRequest(size=1000)
_LATEST_VERSIONS: Final = PageRequest(size=100)
_LIST: Final = "admin:lending_circulationrulerow_changelist"


class CirculationRuleAdmin(ReadOnlyAdmin[CirculationRuleRow]):
    """The circulation rules as a table. Managers edit one rule: they preview it, give a reason and save."""

    read_scope = READ

    def get_urls(self) -> list[URLPattern]:
        """Adds the page to edit a rule, before Django's own paths, one of which matches anything."""
        view = self.admin_site.admin_view(self.edit_view)
        return [path("edit/", view, name="lending_circulationrulerow_edit"), *super().get_urls()]

    def changelist_view(
        self,
        request: HttpRequest,
        extra_context: Context | None = None,  # noqa: ARG002  Django's signature
    ) -> HttpResponse:
        """All rules; for a selection, also the values that apply to it."""
        require_scope(request, READ)
        is_selected = set(RuleSelectionForm.base_fields) & set(request.GET)
        selection = _selection_form(request.GET if is_selected else None)
        context = rule_table(ask(RuleMatrix())) | {"selection": selection}
        if selection.is_bound and selection.is_valid():
            context |= _explanation(selection.cleaned_data)
        return self._render(request, "circulation_rules", context)

    def edit_view(self, request: HttpRequest) -> HttpResponse:
        """One rule with its values in fields: previews the change, and saves it with a reason."""
        require_scope(request, WRITE)
        selection = _selection_form(request.GET)
        if not selection.is_valid():
            return HttpResponseRedirect(reverse(_LIST))
        rule = RuleRef(**selection.cleaned_data)
        try:
            rows = ask(RuleMatrix(also=rule))
        except Refused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(reverse(_LIST))
        (row,) = (row for row in rows if rule_of(row) == rule)
        form, change = _submit(request, row)
        if change is None and form.is_bound and form.is_valid():
            messages.success(request, f"The rule for {rule_label(rule)} was saved.")
            return HttpResponseRedirect(reverse(_LIST))
        context = rule_table(rows, edited=row, form=form)
        context |= {"form": form, "title": f"Circulation rule for {rule_label(rule)}"}
        if change:
            context["change"] = preview_context(change)
        return self._render(request, "circulation_rules", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002  Django's signature
        extra_context: Context | None = None,  # noqa: ARG002  Django passes it
    ) -> HttpResponse:
        """The versions of a rule."""
        require_scope(request, READ)
        row = self.get_object(request, object_id)
        if row is None:
            return HttpResponseRedirect(reverse(_LIST))
        rule = RuleRef(
            branch=row.branch or None, category=row.category or None, item_type=row.item_type or None
        )
        context = {
            "title": f"History of the rule for {rule_label(rule)}",
            "history": _history(rule),
            "edit_address": edit_address(rule),
        }
        return self._render(request, "rule_history", context)

    def _render(self, request: HttpRequest, template: str, context: Context) -> HttpResponse:
        shared: Context = {
            "title": "Circulation rules",
            "opts": self.opts,
            "may_write": principal(request).may(WRITE),
            "list_address": reverse(_LIST),
            "edit_page": EDIT_PAGE,
            "currency": settings.CURRENCY,
            "is_fullwidth": "1",
        }
        return render_admin_page(self.admin_site, request, template, shared | context)


def _selection_form(values: Any) -> RuleSelectionForm:  # Django's QueryDict, or None
    branches = {
        each.code: f"{each.code} – {each.name}" for each in ask(ListBranches(page=_ALL_BRANCHES)).results
    }
    return RuleSelectionForm(values, branches=branches, categories=ask(ListCategories()))


def _submit(request: HttpRequest, row: MatrixRow) -> tuple[RuleValuesForm, RuleChangePreview | None]:
    """The form, and the preview that was asked for.

    A submitted form that comes back valid and without a preview was saved.
    """
    if request.method != "POST":
        initial = {**initial_values(row.rule.values), "version": row.rule.version}
        return RuleValuesForm(inherited=row.inherited, initial=initial), None
    form = RuleValuesForm(request.POST, inherited=row.inherited)
    if not form.is_valid():
        return form, None
    rule = dimensions(rule_of(row))
    try:
        if "save" not in request.POST:
            return form, ask(RulePreview(**rule, values=form.values))
        _save(request, form, rule)
    except Refused as refused:
        form.add_refusals(refused)
    return form, None


def _save(request: HttpRequest, form: RuleValuesForm, rule: Mapping[str, str | None]) -> None:
    reason = form.cleaned_data["reason"]
    if not has_visible_text(reason):
        form.add_error("reason", "Give a reason. It is kept in the rule's history.")
        return
    version = form.cleaned_data["version"]
    dispatch_form(request, SetRule(**rule, values=form.values, reason=reason, version=version))


def _explanation(selected: Mapping[str, str | None]) -> Context:
    try:
        values = ask(ExplainRule(**selected)).values
    except Refused as refused:
        return {"no_explanation": str(refused)}
    cells = [{"value": format_value(each.value), "source": rule_label(each.rule)} for each in values.values()]
    return {"explanation": cells, "explained_for": rule_label(RuleRef(**selected))}


def _history(rule: RuleRef) -> list[Context]:
    versions = ask(RuleHistory(**dimensions(rule), page=_LATEST_VERSIONS)).results
    usernames = usernames_of(version.set_by for version in versions)
    return [
        {
            "version": version,
            "set_by": usernames[version.set_by],
            "values": {
                RULE_VALUES[name].label: format_value(value) for name, value in version.values.items()
            },
        }
        for version in versions
    ]
