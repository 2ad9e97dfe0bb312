"""What a page may load and run: its own files alone, and nobody may frame it."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

_STRICT = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
#: The administration's and the API pages' own scripts and styles stand in the page itself.
_WITH_INLINE = f"{_STRICT}; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'"
_OF_OTHERS = ("/admin/", "/docs", "/api/")


class ContentSecurityMiddleware:
    """Sends the Content-Security-Policy: strict for the library's pages, looser for those it didn't write."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request, with the policy that fits its address."""
        response = self._get_response(request)
        policy = _WITH_INLINE if request.path_info.startswith(_OF_OTHERS) else _STRICT
        response.headers.setdefault("Content-Security-Policy", policy)
        return response
