"""Reports in the administration: each as a chart, a list and a file."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from lending.administration.permissions import require_scope
from lending.administration.timeline import timeline_page
from lending.models import ReportRow
from lending.services.queries.calendars import ListBranches
from lending.services.queries.reports import REPORTS, DrawReport, ReadReport, all_lines
from lending.services.reports.definition import Chart, Report, ReportScope
from shared_kernel.domain.errors import Refused
from shared_kernel.services.pagination import PageRequest
from shared_kernel.services.queries import ask
from shared_kernel.web.admin_base import ReadOnlyAdmin
from shared_kernel.web.csv_files import csv_file
from shared_kernel.web.pagination import page_links, requested_page

Context = dict[str, Any]  # a template's
READ: Final = "circulation:read"
_EVERY: Final = PageRequest(size=1000)
#: Series after the last colour begin with the first again.
_COLOURS: Final = ("#2f6fb0", "#c2641d", "#3f8f5f", "#8a5bb0", "#b0394f", "#6f7a86")
_GREY: Final = "#8b93a1"
_NAMED: Final[Mapping[str, Any]] = {
    "stacked": True,
    "grid": {"display": False},
    "ticks": {"color": _GREY, "autoSkip": False},
}
_COUNTED: Final[Mapping[str, Any]] = {
    "stacked": True,
    "grid": {"display": True},
    "beginAtZero": True,
    "ticks": {"color": _GREY, "precision": 0},
}


class ScopeForm(forms.Form):
    """What a report is narrowed to."""

    branch = forms.ChoiceField(required=False)
    first_on = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    last_on = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, given: Any, *, report: Report) -> None:  # Django's QueryDict
        super().__init__(given)
        for name in [] if report.has_period else ["first_on", "last_on"]:
            del self.fields[name]
        if report.has_branch:
            branches = [(it.code, f"{it.code} – {it.name}") for it in ask(ListBranches(page=_EVERY)).results]
            self.fields["branch"].choices = [("", "all"), *branches]  # type: ignore[attr-defined]  # it is a ChoiceField
        else:
            del self.fields["branch"]

    @property
    def scope(self) -> ReportScope:
        """The scope; all there is, where the form can't be read."""
        return ReportScope(**{name: value or None for name, value in self.cleaned_data.items()})


class ReportAdmin(ReadOnlyAdmin[ReportRow]):
    """What there is to be looked at and taken away: no rows, but the answers of queries."""

    read_scope = READ

    def get_urls(self) -> list[URLPattern]:
        """A page and a file for each report, and the timeline, before Django's own addresses."""
        page = self.admin_site.admin_view(self.report_view)
        file = self.admin_site.admin_view(self.file_view)
        timeline = self.admin_site.admin_view(partial(timeline_page, self.admin_site))
        return [
            path("timeline/", timeline, name="lending_timeline"),
            path("report/<slug:name>/", page, name="lending_report"),
            path("report/<slug:name>.csv", file, name="lending_report_file"),
            *super().get_urls(),
        ]

    def changelist_view(
        self,
        request: HttpRequest,
        extra_context: Context | None = None,  # noqa: ARG002  Django's signature
    ) -> HttpResponse:
        """Which reports there are."""
        require_scope(request, READ)
        found = [
            {"address": reverse("admin:lending_report", args=[name]), "title": it.title, "about": it.about}
            for name, it in REPORTS.items()
        ]
        return self._render(request, "reports", {"title": "Reports", "reports": found})

    def report_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """A report's chart and its lines, page by page."""
        report = self._report(request, name)
        form = ScopeForm(request.GET, report=report)
        context: Context = {
            "title": report.title,
            "about": report.about,
            "form": form,
            "columns": _heads(report),
        }
        if form.is_valid():
            try:
                context |= _answers(request, name, form.scope)
            except Refused as refused:
                form.add_error(None, str(refused))
        file = reverse("admin:lending_report_file", args=[name])
        narrowed = request.GET.copy()
        narrowed.pop("cursor", None)
        context["file"] = f"{file}?{narrowed.urlencode()}" if narrowed else file
        return self._render(request, "report", context)

    def file_view(self, request: HttpRequest, name: str) -> StreamingHttpResponse:
        """All lines of a report, for a spreadsheet."""
        report = self._report(request, name)
        form = ScopeForm(request.GET, report=report)
        if not form.is_valid():
            raise Http404
        ask(ReadReport(name=name, scope=form.scope, page=PageRequest(size=1)))  # refused before it is begun
        lines = ([getattr(line, column) for column in report.columns] for line in all_lines(name, form.scope))
        return csv_file(f"{name}.csv", report.columns, lines)

    def _report(self, request: HttpRequest, name: str) -> Report:
        require_scope(request, READ)
        if name not in REPORTS:
            raise Http404
        return REPORTS[name]

    def _render(self, request: HttpRequest, template: str, context: Context) -> HttpResponse:
        own: Context = {"opts": self.opts, "is_fullwidth": "1"}
        shared = self.admin_site.each_context(request)
        return TemplateResponse(request, f"lending/admin/{template}.html", shared | own | context)


def _answers(request: HttpRequest, name: str, scope: ReportScope) -> Context:
    report = REPORTS[name]
    lines = ask(ReadReport(name=name, scope=scope, page=requested_page(request)))
    following, preceding = page_links(request, lines)
    chart = ask(DrawReport(name=name, scope=scope))
    return {
        "rows": [[getattr(line, column) for column in _shown(report)] for line in lines.results],
        "next": following,
        "previous": preceding,
        "chart": chart,
        "bars": _bars(chart),
        "drawn": json.dumps(_drawn(chart)),
        "options": json.dumps(_options(chart)),
        "height": 80 + 24 * len(chart.labels) if _lie(chart) else 320,
    }


def _shown(report: Report) -> Sequence[str]:
    """Without the ids, which are for programs."""
    return [name for name in report.columns if name not in {"patron", "loan", "hold", "book"}]


def _heads(report: Report) -> list[str]:
    return [name.removesuffix("_at").replace("_", " ").capitalize() for name in _shown(report)]


def _bars(chart: Chart) -> list[str]:
    """The chart in words, for those who see none."""
    return [
        f"{label}: " + ", ".join(f"{numbers[place]} {name}" for name, numbers in chart.series.items())
        for place, label in enumerate(chart.labels)
    ]


def _drawn(chart: Chart) -> Context:
    return {
        "labels": list(chart.labels),
        "datasets": [
            {"label": name, "data": list(numbers), "backgroundColor": _COLOURS[place % len(_COLOURS)]}
            for place, (name, numbers) in enumerate(chart.series.items())
        ],
    }


def _lie(chart: Chart) -> bool:
    """Bars lie down where their names are long."""
    return any(len(label) > 12 for label in chart.labels)


def _options(chart: Chart) -> Context:
    """The chart's, for the library that draws it."""
    lying = _lie(chart)
    scales = {"x": _COUNTED, "y": _NAMED} if lying else {"x": _NAMED, "y": _COUNTED}
    return {
        "responsive": True,
        "maintainAspectRatio": False,
        "indexAxis": "y" if lying else "x",
        "animation": False,
        "scales": scales,
        "plugins": {"legend": {"display": len(chart.series) > 1, "align": "end"}},
    }
