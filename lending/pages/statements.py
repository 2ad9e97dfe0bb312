"""Printable statements of a patron's account, for the desk and for the patron."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lending.services.ports import PatronNotFound
from lending.services.queries.statements import Statement
from shared_kernel.services.queries import ask
from shared_kernel.web.access import OWN, principal, require


@require("circulation:write", "accounts:write")
@require_safe
def statement_at_desk(request: HttpRequest, patron: UUID) -> HttpResponse:
    """The statement of any patron."""
    return _render(request, Statement(patron=patron))


@require(OWN)
@require_safe
def own_statement(request: HttpRequest) -> HttpResponse:
    """The statement of the patron who is logged in."""
    return _render(request, Statement(viewer_login=principal(request).login_id))


def _render(request: HttpRequest, query: Statement) -> HttpResponse:
    try:
        statement = ask(query)
    except PatronNotFound:
        raise Http404 from None
    return render(request, "lending/statement.html", {"statement": statement})
