"""What is remembered of whose loans were, for who answers for it."""

from typing import Final

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from lending.administration.permissions import require_scope
from lending.services.queries.privacy import PrivacyReport
from shared_kernel.services.queries import ask

_SCOPE: Final = "circulation:read"


def privacy_page(site: AdminSite) -> URLPattern:
    """The report's page."""

    def show(request: HttpRequest) -> HttpResponse:
        require_scope(request, _SCOPE)
        context = {
            **site.each_context(request),
            "title": "Whose loans are remembered",
            "it": ask(PrivacyReport()),
        }
        return TemplateResponse(request, "lending/admin/privacy.html", context)

    return path("privacy/", site.admin_view(show), name="lending_loanrow_privacy")
