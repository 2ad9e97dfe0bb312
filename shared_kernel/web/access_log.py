"""One line and one count for each request: by its route, since an address may hold somebody's card or key."""

import re
from functools import cache
from http import HTTPMethod

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from shared_kernel.metrics import REQUEST_SECONDS, REQUESTS

_METHODS = frozenset(HTTPMethod)

log = structlog.get_logger(__name__)


def log_request(request: HttpRequest, response: HttpResponseBase, *, seconds: float) -> None:
    """Put down that a request was answered, after so many seconds."""
    route, status = route_of(request), response.status_code
    method = request.method if request.method in _METHODS else "other"
    REQUESTS.labels(method, route, status).inc()
    REQUEST_SECONDS.labels(method, route).observe(seconds)
    log.info("request", method=method, route=route, status=status, duration_ms=round(seconds * 1000, 1))


def route_of(request: HttpRequest) -> str:
    """The pattern that the request's path fits, such as `/api/v1/loans/<id:id>`."""
    if request.resolver_match:
        return _plain(request.resolver_match.route)
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "unmatched"


@cache
def _plain(route: str) -> str:
    return "/" + re.sub(r"\^|\$|/\?", "", route)
