"""What a watchdog asks: alive? able to serve? which breakers are open? Open to all, silent about hosts."""

from collections.abc import Callable
from http import HTTPStatus

from django.db import Error as DatabaseProblem
from django.http import HttpRequest, HttpResponse
from django.urls import re_path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from library_project.readiness import readiness
from shared_kernel.resilience.registry import all_breakers
from shared_kernel.web.access import PUBLIC
from shared_kernel.web.json import encode

View = Callable[[HttpRequest], HttpResponse]


def probe(view: View) -> View:
    """GET and HEAD, never cached. Not `require(PUBLIC)`, which asks the session's database who is asking."""
    guarded: View = never_cache(require_safe(view))
    guarded.scopes = (PUBLIC,)  # type: ignore[attr-defined]  # lets the test of all routes see the policy
    return guarded


@probe
def alive(_request: HttpRequest) -> HttpResponse:
    """The process answers. Needs nothing else, so that a lost database restarts nobody."""
    return _answer({"status": "ok"})


@probe
def ready(_request: HttpRequest) -> HttpResponse:
    """200 when requests can be served, be it in a degraded way; 503 without the database or its tables."""
    found = readiness()
    return _answer(found, HTTPStatus.OK if found.status == "ready" else HTTPStatus.SERVICE_UNAVAILABLE)


@probe
def circuit_breakers(_request: HttpRequest) -> HttpResponse:
    """Every breaker in the one state that all processes share; 503 without the database that keeps it."""
    try:
        return _answer({"circuit_breakers": all_breakers()})
    except DatabaseProblem:
        return _answer({"status": "unavailable", "degraded": ["database"]}, HTTPStatus.SERVICE_UNAVAILABLE)


def _answer(body: object, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    return HttpResponse(encode(body), status=status, content_type="application/json")


urlpatterns = [
    re_path(r"^health/?$", alive, name="health"),
    re_path(r"^health/ready/?$", ready, name="health-ready"),
    re_path(r"^health/circuit-breakers/?$", circuit_breakers, name="health-circuit-breakers"),
]
