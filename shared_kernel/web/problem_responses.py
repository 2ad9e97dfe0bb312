"""Every error leaves as a problem: application/problem+json under /api, a page elsewhere."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.encoding import escape_uri_path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, set_rollback

from shared_kernel.services.request_context import current_context
from shared_kernel.web.access import ANONYMOUS, PUBLIC, principal, record_denial
from shared_kernel.web.json import encode
from shared_kernel.web.problem_details import (
    CONTENT_TYPE,
    NUL_IN_QUERY,
    HttpError,
    Problem,
    http_error_of,
)

logger = logging.getLogger("library.problems")

#: Headers about a body, gone with it when a problem takes its place. All others still hold.
_OF_THE_BODY = {
    "content-type",
    "content-length",
    "content-encoding",
    "content-disposition",
    "etag",
    "last-modified",
}


def problem_of(request: HttpRequest | Request, fault: HttpError) -> Problem:
    """The problem as the client gets it."""
    return Problem(
        title=HTTPStatus(fault.status).phrase,
        status=fault.status,
        detail=fault.detail,
        instance=escape_uri_path(request.path),
        request_id=current_context().correlation_id,
        code=fault.errors[0].code,
        errors=fault.errors,
    )


def problem_response(request: HttpRequest, fault: HttpError) -> HttpResponse:
    """The fault as application/problem+json."""
    headers = {"Cache-Control": "no-store", **fault.headers}
    body = encode(problem_of(request, fault))
    return HttpResponse(body, status=fault.status, content_type=CONTENT_TYPE, headers=headers)


def error_response(request: HttpRequest, fault: HttpError) -> HttpResponse:
    """The fault as a page for who prefers one, and as a problem for everybody else."""
    if is_in_api(request) or "text/html" not in request.headers.get("Accept", ""):
        return problem_response(request, fault)
    shown = {"title": HTTPStatus(fault.status).phrase, "errors": fault.errors}
    headers = {"Cache-Control": "no-store", **fault.headers}
    return HttpResponse(
        render_to_string("problem.html", shown, request), status=fault.status, headers=headers
    )


def exception_handler(
    error: Exception,
    context: dict[str, Any],  # DRF's own
) -> HttpResponse | None:
    """DRF's hook. None leaves an error of our own to Django, which logs it and answers 500.

    Who tries the API in a browser is shown the problem on the page, with the form to send another.
    """
    fault = http_error_of(error)
    if fault is None:
        return None
    request: Request = context["request"]
    set_rollback()
    if fault.status == HTTPStatus.FORBIDDEN and _is_known(request):
        record_denial(request)
    _log(error)
    if _is_shown_as_page(request, context["view"]):
        return Response(problem_of(request, fault), status=fault.status, headers=dict(fault.headers))
    return problem_response(request, fault)


class ProblemMiddleware:
    """Turns what DRF never sees into a problem: unknown routes, refused hosts, CSRF, lost databases, bugs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request; an error answer under /api that is no problem yet becomes one."""
        if "\x00" in request.path_info:
            return self._answer(request, HttpError.plain(404))
        response = self._get_response(request)
        if response.status_code < HTTPStatus.BAD_REQUEST:
            return response
        response.headers.setdefault("Cache-Control", "no-store")
        if not is_in_api(request):
            return response
        if isinstance(response, Response) or response.get("Content-Type", "").startswith(CONTENT_TYPE):
            return response
        replaced = problem_response(request, HttpError.plain(response.status_code))
        for name, value in response.items():
            if name.lower() not in _OF_THE_BODY:
                replaced[name] = value
        replaced.cookies = response.cookies
        replaced._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001  Django's mark, as on the first
        return replaced

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], _args: object, _kwargs: object
    ) -> HttpResponse | None:
        """Refuse a NUL in the query of a page whose visitor may see it; the API's views do so themselves."""
        if "%00" not in request.META.get("QUERY_STRING", "") or request.path_info.startswith("/api/v1/"):
            return None
        who = principal(request)
        in_admin = request.path_info.startswith("/admin/")
        if not (who.is_staff if in_admin else who.may(*getattr(view, "scopes", (PUBLIC,)))):
            return None
        return self._answer(request, HttpError.plain(422, code="invalid_text", detail=NUL_IN_QUERY))

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer an error that escaped a view, unless Django's own pages do (404, 403) or it is a bug.

        A page or the administration denied to somebody known goes on record.
        """
        if isinstance(error, PermissionDenied) and not principal(request).is_anonymous:
            record_denial(request)
        fault = None if isinstance(error, Http404 | PermissionDenied) else http_error_of(error)
        if fault is None:
            return None
        _log(error)
        return self._answer(request, fault)

    def _answer(self, request: HttpRequest, fault: HttpError) -> HttpResponse:
        if is_in_api(request):
            return problem_response(request, fault)
        if fault.status == HTTPStatus.NOT_FOUND:
            return render(request, "404.html", status=fault.status)
        shown = {"title": HTTPStatus(fault.status).phrase, "errors": fault.errors}
        response = render(request, "problem.html", shown, status=fault.status)
        for name, value in fault.headers.items():
            response[name] = value
        return response


def is_in_api(request: HttpRequest) -> bool:
    """Whether a machine asks, by the address."""
    return request.path_info.startswith("/api/")


def _is_known(request: Request) -> bool:
    """Whether authentication ended well; asking the request would repeat a failure."""
    known = getattr(request, "_auth", None)
    return known is not None and known is not ANONYMOUS


def _is_shown_as_page(request: Request, view: APIView) -> bool:
    """Whether the browsable page was asked for; who is denied is denied before that is looked at."""
    if not hasattr(request, "accepted_renderer"):
        chosen = view.perform_content_negotiation(request, force=True)
        request.accepted_renderer, request.accepted_media_type = chosen
    return request.accepted_renderer.format == "api"


def _log(error: Exception) -> None:
    """Log what the client doesn't get."""
    if isinstance(error, DatabaseError | InterfaceError):
        logger.error("the database refused or is away", exc_info=error)
