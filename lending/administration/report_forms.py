"""The form that narrows a report."""

from typing import Any, Final

from django import forms

from lending.services.queries.calendars import ListBranches
from lending.services.reports.definition import Report, ReportScope
from shared_kernel.services.pagination import PageRequest
from shared_kernel.services.queries import ask

_ALL_BRANCHES: Final = PageRequest(size=1000)


class ScopeForm(forms.Form):
    """Narrows a report to a branch or a period, as far as the report allows."""

    branch = forms.ChoiceField(required=False)
    first_on = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    last_on = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, values: Any, *, report: Report) -> None:  # Django's QueryDict
        super().__init__(values)
        for name in [] if report.has_period else ["first_on", "last_on"]:
            del self.fields[name]
        if report.has_branch:
            branches = ask(ListBranches(page=_ALL_BRANCHES)).results
            choices = [(branch.code, f"{branch.code} – {branch.name}") for branch in branches]
            self.fields["branch"].choices = [("", "all"), *choices]  # type: ignore[attr-defined]  # it is a ChoiceField
        else:
            del self.fields["branch"]

    @property
    def scope(self) -> ReportScope:
        """The scope, without the fields that are empty."""
        return ReportScope(**{name: value or None for name, value in self.cleaned_data.items()})
