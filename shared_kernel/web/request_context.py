"""Sets each request's context: its entry point and its correlation id."""

import re
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from shared_kernel.services.request_context import RequestContext, request_context
from shared_kernel.web.access import ANONYMOUS
from shared_kernel.web.access_log import log_request
from shared_kernel.web.fields import parsed_instant
from shared_kernel.web.problem_details import HttpError
from shared_kernel.web.problem_responses import problem_response

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}")


class RequestContextMiddleware:
    """Outermost of all, so that every line logged and every answer given carries the request's id.

    The id is the client's `X-Request-Id` if it is 1 to 128 characters of A-Z a-z 0-9 _ . : - and a new one
    otherwise. Who acts is known once somebody asks for the principal (access.py).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request on behalf of its origin; `Library-Now` moves the clock, in tests only."""
        begun = perf_counter()
        offered = request.headers.get("X-Request-Id", "")
        request_id = offered if _REQUEST_ID.fullmatch(offered) else str(uuid4())
        who = RequestContext(principal=ANONYMOUS.id, door=_door(request.path_info), correlation_id=request_id)
        with request_context(who):
            response = self._answer(request, who)
            log_request(request, response, seconds=perf_counter() - begun)
        response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001  or Django adds a line to ours
        response["X-Request-Id"] = request_id
        return response

    def _answer(self, request: HttpRequest, who: RequestContext) -> HttpResponseBase:
        moved_to = request.headers.get("Library-Now") if settings.LIBRARY_TESTING else None
        if moved_to is None:
            return self._get_response(request)
        instant = parsed_instant(moved_to)
        if instant is None:
            detail = "Library-Now must be an instant with its offset, such as 2026-01-15T10:00:00Z."
            return problem_response(request, HttpError.plain(422, code="invalid", detail=detail))
        with request_context(replace(who, acts_at=instant)):
            return self._get_response(request)


def _door(path: str) -> str:
    return "api" if path.startswith("/api/") else "admin" if path.startswith("/admin/") else "page"
