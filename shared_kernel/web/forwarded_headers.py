"""Headers that proxies set are believed of proxies alone (TRUSTED_PROXIES)."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from shared_kernel.web.client_address import comes_from_proxy

_OF_PROXIES = ("HTTP_X_FORWARDED_", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_X_CLIENT_IP")
_PROTO = "HTTP_X_FORWARDED_PROTO"


class ForwardedHeadersMiddleware:
    """First of all: takes the headers of proxies from a request that no trusted proxy has sent.

    WSGI writes `X-Forwarded-For` and `X_Forwarded_For` as one variable, so the second spelling is for the
    server to drop. Where both come joined by a comma, X-Forwarded-Proto is more than one word and believed of
    nobody, and X-Forwarded-For is read from its end.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request, knowing what can be believed of it."""
        believed = comes_from_proxy(request)
        for name in [each for each in request.META if each.startswith(_OF_PROXIES)]:
            if not believed or (name == _PROTO and "," in request.META[name]):
                del request.META[name]
        return self._get_response(request)
