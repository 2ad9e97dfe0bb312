"""The timeline of a copy, a loan or a patron, as a page of the administration."""

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from lending.administration.permissions import require_scope
from lending.administration.rendering import render_admin_page
from lending.models import LoanRow
from lending.services.queries.display_names import DisplayNames
from lending.services.queries.timeline import Timeline
from lending.services.timeline import TimelineEntry
from shared_kernel.services.pagination import Page
from shared_kernel.services.queries import ask
from shared_kernel.web.pagination import page_links, requested_page
from shared_kernel.web.usernames import usernames_of

Context = dict[str, Any]  # a template's
READ: Final = "audit:read"
#: The admin page of each thing that an entry can concern.
_ADMIN_PAGES: Final = {
    "copy": "catalog_copyrow",
    "book": "catalog_bookrow",
    "loan": "lending_loanrow",
    "hold": "lending_holdrow",
    "patron": "patrons_patronrow",
}


class TimelineForm(forms.Form):
    """Selects one copy, loan or patron."""

    copy = forms.CharField(max_length=64, required=False, label="Copy's barcode")
    loan = forms.UUIDField(required=False, label="Loan's id")
    patron = forms.UUIDField(required=False, label="Patron's id")

    def clean(self) -> dict[str, Any]:  # the fields' values
        """The field that is filled in. Raises ValidationError."""
        values = {name: value for name, value in self.cleaned_data.items() if value}
        if len(values) != 1 and not self.errors:
            raise forms.ValidationError("Fill in exactly one of the three fields.")
        return values


def timeline_view(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Everything recorded about the selected thing, the latest first."""
    require_scope(request, READ)
    form = TimelineForm(request.GET if set(request.GET) & set(TimelineForm.base_fields) else None)
    context: Context = {"title": "Timeline", "opts": LoanRow._meta, "form": form, "is_fullwidth": "1"}
    if form.is_valid():
        page = ask(Timeline(**form.cleaned_data, newest_first=True, page=requested_page(request)))
        context["rows"] = _rows(page)
        context["next"], context["previous"] = page_links(request, page)
    return render_admin_page(site, request, "timeline", context)


def _rows(page: Page[TimelineEntry]) -> list[Context]:
    entries = page.results
    names = ask(
        DisplayNames(
            patrons={each.patron for each in entries if each.patron},
            loans={each.loan for each in entries if each.loan},
        )
    )
    usernames = usernames_of(each.principal for each in entries if each.principal)
    return [
        {
            "entry": each,
            "what": _in_words(each.what),
            "by": usernames.get(each.principal or "", ""),
            "links": _links(each, names),
        }
        for each in entries
    ]


def _links(entry: TimelineEntry, names: Mapping[UUID, str]) -> list[tuple[str, str, str]]:
    """Kind, name and admin page of what the entry concerns."""
    links: list[tuple[str, str, str]] = []
    for kind, admin_page in _ADMIN_PAGES.items():
        id_: UUID | None = getattr(entry, kind)
        if id_ is not None:
            links.append((kind, names.get(id_, ""), reverse(f"admin:{admin_page}_change", args=[id_])))
    return links


def _in_words(name: str) -> str:
    """`BorrowBook` and `loan_receipt` as words; a denied request's path as it is."""
    return name if "/" in name else re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).capitalize()
