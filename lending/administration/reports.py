"""Reports in the administration: each as a chart, a table and a CSV file."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import URLPattern, path, reverse

from lending.administration.permissions import require_scope
from lending.administration.rendering import render_admin_page
from lending.administration.report_charts import chart_context
from lending.administration.report_forms import ScopeForm
from lending.administration.timeline import timeline_view
from lending.models import ReportRow
from lending.services.queries.reports import REPORTS, DrawReport, ReadReport, all_lines
from lending.services.reports.definition import Report, ReportScope
from shared_kernel.domain.errors import Refused
from shared_kernel.services.pagination import PageRequest
from shared_kernel.services.queries import ask
from shared_kernel.web.admin.base import ReadOnlyAdmin
from shared_kernel.web.csv_files import csv_file
from shared_kernel.web.pagination import page_links, requested_page

Context = dict[str, Any]  # a template's
READ: Final = "circulation:read"


class ReportAdmin(ReadOnlyAdmin[ReportRow]):
    """The reports and the timeline. `ReportRow` has no rows; the pages show answers of queries."""

    read_scope = READ

    def get_urls(self) -> list[URLPattern]:
        """Adds a page and a file for each report, and the timeline, before Django's own paths."""
        page = self.admin_site.admin_view(self.report_view)
        file = self.admin_site.admin_view(self.file_view)
        timeline = self.admin_site.admin_view(partial(timeline_view, self.admin_site))
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
        """The list of reports."""
        require_scope(request, READ)
        reports = [
            {
                "address": reverse("admin:lending_report", args=[name]),
                "title": report.title,
                "about": report.about,
            }
            for name, report in REPORTS.items()
        ]
        return self._render(request, "reports", {"title": "Reports", "reports": reports})

    def report_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """A report as a chart and a table, page by page."""
        report = self._report(request, name)
        form = ScopeForm(request.GET, report=report)
        context: Context = {
            "title": report.title,
            "about": report.about,
            "form": form,
            "columns": _headings(report),
            "file": _file_address(request, name),
        }
        if form.is_valid():
            try:
                context |= _lines_and_chart(request, name, form.scope)
            except Refused as refused:
                form.add_error(None, str(refused))
        return self._render(request, "report", context)

    def file_view(self, request: HttpRequest, name: str) -> StreamingHttpResponse:
        """All lines of a report as CSV."""
        report = self._report(request, name)
        form = ScopeForm(request.GET, report=report)
        if not form.is_valid():
            raise Http404
        # A refusal must come before the file has begun.
        ask(ReadReport(name=name, scope=form.scope, page=PageRequest(size=1)))
        lines = ([getattr(line, column) for column in report.columns] for line in all_lines(name, form.scope))
        return csv_file(f"{name}.csv", report.columns, lines)

    def _report(self, request: HttpRequest, name: str) -> Report:
        require_scope(request, READ)
        if name not in REPORTS:
            raise Http404
        return REPORTS[name]

    def _render(self, request: HttpRequest, template: str, context: Context) -> HttpResponse:
        shared: Context = {"opts": self.opts, "is_fullwidth": "1"}
        return render_admin_page(self.admin_site, request, template, shared | context)


def _lines_and_chart(request: HttpRequest, name: str, scope: ReportScope) -> Context:
    report = REPORTS[name]
    lines = ask(ReadReport(name=name, scope=scope, page=requested_page(request)))
    next_page, previous_page = page_links(request, lines)
    return {
        "rows": [[getattr(line, column) for column in _table_columns(report)] for line in lines.results],
        "next": next_page,
        "previous": previous_page,
        **chart_context(ask(DrawReport(name=name, scope=scope))),
    }


def _table_columns(report: Report) -> Sequence[str]:
    """All columns but the ids, which are for programs."""
    return [name for name in report.columns if name not in {"patron", "loan", "hold", "book"}]


def _headings(report: Report) -> list[str]:
    return [name.removesuffix("_at").replace("_", " ").capitalize() for name in _table_columns(report)]


def _file_address(request: HttpRequest, name: str) -> str:
    address = reverse("admin:lending_report_file", args=[name])
    scope = request.GET.copy()
    scope.pop("cursor", None)
    return f"{address}?{scope.urlencode()}" if scope else address
