"""Renders the administration's own pages."""

from collections.abc import Mapping
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse


def render_admin_page(
    site: AdminSite,
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],  # a template's
) -> TemplateResponse:
    """The template lending/admin/<template>.html with what every page of the administration needs."""
    return TemplateResponse(
        request, f"lending/admin/{template}.html", site.each_context(request) | dict(context)
    )
