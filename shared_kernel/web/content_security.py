"""What a page may load and run: its own files alone, and nobody may frame it."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

_STRICT = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
#: Pages that others wrote have styles and scripts in the page itself; unfold's also make code out of text.
_STYLED = f"{_STRICT}; style-src 'self' 'unsafe-inline'"
_LOOSER = {
    "/api/": _STYLED,
    "/docs": f"{_STYLED}; script-src 'self' 'unsafe-inline'",
    "/admin/": f"{_STYLED}; script-src 'self' 'unsafe-inline' 'unsafe-eval'",
}


class ContentSecurityPolicyMiddleware:
    """Sends the Content-Security-Policy: strict for the library's pages, looser for those it didn't write."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request, with the policy that fits its address."""
        response = self._get_response(request)
        path = request.path_info
        policy = next((looser for start, looser in _LOOSER.items() if path.startswith(start)), _STRICT)
        response.headers.setdefault("Content-Security-Policy", policy)
        return response
