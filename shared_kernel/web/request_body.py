"""A request's body is read as a whole, or the request is refused: it is never carried out without it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from shared_kernel.web.problem_details import HttpError, RefusedRequest
from shared_kernel.web.problem_responses import error_response, is_in_api

#: Where the web server notes with what status it refused to take a body in (library_project/serving).
BODY_REFUSAL_STATUS: Final = "library.body_refused"
_DETAILS: Final = {
    HTTPStatus.REQUEST_TIMEOUT: "The body took too long to arrive.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than you may send here.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The server is busy; try again.",
}


class RequestBodyMiddleware:
    """Refuses what the server took in no body for, and bodies that Django would pass over.

    The API reports it later, once the client is authorised (`check_body`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request, or what is wrong with its body."""
        if not is_in_api(request) and (fault := _fault(request)):
            return error_response(request, fault)
        return self._get_response(request)


def check_body(request: HttpRequest) -> None:
    """Raise RefusedRequest where the body isn't there to be read."""
    if fault := _fault(request):
        raise RefusedRequest(fault)


def _fault(request: HttpRequest) -> HttpError | None:
    refused: HTTPStatus | None = request.META.get(BODY_REFUSAL_STATUS)
    if refused is not None:
        headers = {"Retry_After": "5"} if refused == HTTPStatus.SERVICE_UNAVAILABLE else {}
        return HttpError.plain(refused, detail=_DETAILS.get(refused, ""), **headers)
    if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
        detail = "This server reads no body without a Content-Length."
        return HttpError.plain(HTTPStatus.LENGTH_REQUIRED, detail=detail)
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding not in {"", "identity"} and request.META.get("CONTENT_LENGTH", "0") not in {"", "0"}:
        detail = "Bodies are read as they are; send this one without a Content-Encoding."
        return HttpError.plain(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            code="unsupported_content_encoding",
            detail=detail,
            Accept_Encoding="identity",
        )
    return None
