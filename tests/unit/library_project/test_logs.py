"""A line of the log tells where it belongs, and nobody's name, address or key."""

import logging
import sys

import pytest
from django.test import RequestFactory
from django.urls import resolve

from shared_kernel.services.request_context import RequestContext, request_context

OF_A_ROW = "duplicate key value violates a constraint\nDETAIL:  Key (email)=(ada@example.org) already exists."


@pytest.fixture
def handler() -> logging.Handler:
    """What every line goes through."""
    [ours] = [each for each in logging.getLogger().handlers if each.name == "stderr"]
    return ours


def line(handler: logging.Handler, message: str, *args: object, **more: object) -> str:
    """What becomes of a line that Django says about a request."""
    said = logging.getLogger("django.request").makeRecord(
        "django.request", logging.WARNING, "base.py", 1, message, args, None, extra=more
    )
    said.exc_info = sys.exc_info() if sys.exc_info()[0] else None
    assert handler.filter(said)
    return handler.format(said)


class TestALine:
    def test_tells_who_acts_and_what_it_goes_back_to(self, handler: logging.Handler) -> None:
        with request_context(
            RequestContext(principal="user:7", door="event", correlation_id="c-1", causation_id="e-1")
        ):
            told = line(handler, "said")
        for word in ("principal=user:7", "door=event", "correlation_id=c-1", "causation_id=e-1"):
            assert word in told

    def test_tells_the_route_where_django_tells_the_path(self, handler: logging.Handler) -> None:
        request = RequestFactory().get("/password/MQ/c0ffee-s3cret")
        request.resolver_match = resolve(request.path)
        told = line(handler, "%s: %s", "Not Found", request.path, request=request)
        assert "Not Found: password/<str:login>/<str:token>" in told
        assert "s3cret" not in told

    @pytest.mark.parametrize("path", ["/ada@example.org", "/Ädá@example.org"])
    def test_tells_no_path_that_leads_nowhere(self, handler: logging.Handler, path: str) -> None:
        request = RequestFactory().get(path)
        as_django_tells_it = request.path.encode("unicode_escape").decode()
        told = line(handler, "Not Found: %s", as_django_tells_it, request=request)
        assert "Not Found: an unknown route" in told
        assert "example.org" not in told

    def test_leaves_out_what_postgresql_repeats_of_a_row(self, handler: logging.Handler) -> None:
        try:
            raise ValueError(OF_A_ROW)
        except ValueError:
            told = line(handler, "the database refused")
        assert "duplicate key value" in told
        assert "DETAIL: (left out)" in told
        assert "example.org" not in told
