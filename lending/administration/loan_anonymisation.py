"""The report on how many loans are anonymised, and why the others are not."""

from typing import Final

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from lending.administration.permissions import require_scope
from lending.administration.rendering import render_admin_page
from lending.services.queries.privacy import PrivacyReport
from shared_kernel.services.queries import ask

_SCOPE: Final = "circulation:read"


def loan_anonymisation_path(site: AdminSite) -> URLPattern:
    """The path of the report's page."""

    def show(request: HttpRequest) -> HttpResponse:
        require_scope(request, _SCOPE)
        context = {"title": "Loan anonymisation", "report": ask(PrivacyReport())}
        return render_admin_page(site, request, "loan_anonymisation", context)

    return path("privacy/", site.admin_view(show), name="lending_loanrow_privacy")
