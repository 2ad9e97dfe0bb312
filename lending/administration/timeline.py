"""What happened to a copy, a loan or a patron, as a page of the administration."""

import re
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from lending.administration.permissions import require_scope
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
_ROW_OF: Final = {
    "copy": "catalog_copyrow",
    "book": "catalog_bookrow",
    "loan": "lending_loanrow",
    "hold": "lending_holdrow",
    "patron": "patrons_patronrow",
}


class TimelineForm(forms.Form):
    """Of what. One of the three."""

    copy = forms.CharField(max_length=64, required=False, label="Copy's barcode")
    loan = forms.UUIDField(required=False, label="Loan's id")
    patron = forms.UUIDField(required=False, label="Patron's id")

    def clean(self) -> dict[str, Any]:  # the fields' values
        """The one that is given. Raises ValidationError."""
        given = {name: value for name, value in self.cleaned_data.items() if value}
        if len(given) != 1 and not self.errors:
            raise forms.ValidationError("Give one of the three.")
        return given


def timeline_page(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Everything on record about one of them, the latest first."""
    require_scope(request, READ)
    form = TimelineForm(request.GET if set(request.GET) & set(TimelineForm.base_fields) else None)
    context: Context = {"title": "Timeline", "opts": LoanRow._meta, "form": form, "is_fullwidth": "1"}
    if form.is_valid():
        found = ask(Timeline(**form.cleaned_data, newest_first=True, page=requested_page(request)))
        context |= _shown(found)
        context["next"], context["previous"] = page_links(request, found)
    shared = site.each_context(request)
    return TemplateResponse(request, "lending/admin/timeline.html", shared | context)


def _shown(found: Page[TimelineEntry]) -> Context:
    entries = found.results
    called = ask(
        DisplayNames(
            patrons={each.patron for each in entries if each.patron},
            loans={each.loan for each in entries if each.loan},
        )
    )
    people = usernames_of(each.principal for each in entries if each.principal)
    return {
        "rows": [
            {
                "entry": each,
                "what": _in_words(each.what),
                "by": people.get(each.principal or "", ""),
                "things": list(_things(each, called)),
            }
            for each in entries
        ]
    }


def _things(entry: TimelineEntry, called: Any) -> list[tuple[str, str, str]]:  # names by id
    """Kind, name and page of what the entry concerns."""
    found: list[tuple[str, str, str]] = []
    for kind, row in _ROW_OF.items():
        id_: UUID | None = getattr(entry, kind)
        if id_ is not None:
            found.append((kind, called.get(id_, ""), reverse(f"admin:{row}_change", args=[id_])))
    return found


def _in_words(name: str) -> str:
    """`BorrowBook` and `loan_receipt` as people say it; what was denied is an address."""
    return name if "/" in name else re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).capitalize()
