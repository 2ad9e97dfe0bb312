"""What every error answer of the API looks like (RFC 9457), and which error means which status."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice
from math import ceil
from typing import Any

import msgspec
from django.core import exceptions as django
from django.core.paginator import InvalidPage
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from rest_framework import exceptions as drf

from shared_kernel.domain.errors import ConcurrentChange, InvalidValue, NotFound, Refusal, Refused
from shared_kernel.resilience.bulkheads import Overloaded
from shared_kernel.services.bus import Result
from shared_kernel.services.lock_waits import is_lock_timeout

CONTENT_TYPE = "application/problem+json"
NUL_IN_QUERY = "A parameter can't hold a NUL character."
_RETRY_AFTER_SECONDS = 5
#: An input can be wrong in a million places; the client gets at most this many errors.
_MOST_ERRORS = 50
#: Refusals whose status isn't their kind's.
_STATUS_OF_CODE = {
    "idempotency_key_invalid": 400,
    "cursor_invalid": 400,
    "if_match_invalid": 400,
    "precondition_failed": 412,
    "file_too_large": 413,
}
_TOO_LARGE = (django.RequestDataTooBig, django.TooManyFieldsSent, django.TooManyFilesSent)
_UNREADABLE = (django.SuspiciousOperation, django.BadRequest, UnreadablePostError, MultiPartParserError)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemError(Result):
    """One thing that is wrong: its code, a sentence, where in the input (RFC 6901), and its parameters."""

    code: str
    detail: str
    pointer: str | msgspec.UnsetType = msgspec.UNSET
    params: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET  # as various as refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem(Result):
    """Problem details (RFC 9457). `code` is that of the first of `errors`; `request_id` finds the logs."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    code: str
    errors: list[ProblemError]


@dataclass(frozen=True, slots=True)
class HttpError:
    """What an error means to the client: status, what is wrong, and headers that go with it."""

    status: int
    errors: list[ProblemError]
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def plain(cls, status: int, *, code: str = "", detail: str = "", **headers: str) -> "HttpError":
        """An error that its status mostly explains."""
        known = HTTPStatus(status)
        error = ProblemError(code=code or known.name.lower(), detail=detail or f"{known.phrase}.")
        return cls(status, [error], {name.replace("_", "-"): value for name, value in headers.items()})

    @property
    def detail(self) -> str:
        """Every sentence."""
        return " ".join(dict.fromkeys(error.detail for error in self.errors))


class RefusedRequest(Exception):
    """The request itself is invalid, regardless of the view."""

    def __init__(self, fault: HttpError) -> None:
        super().__init__(fault.detail)
        self.fault = fault


def http_error_of(error: BaseException) -> HttpError | None:  # noqa: PLR0911  a table, in order of specificity
    """What an error means to the client; None if it is our own fault (500, without details)."""
    match error:
        case Refused():
            return _of_refusals(error.refusals)
        case RefusedRequest():
            return error.fault
        case Overloaded():
            detail = "Too many requests wait for what somebody else is changing; try again."
            return HttpError.plain(
                503, code="overloaded", detail=detail, Retry_After=str(_RETRY_AFTER_SECONDS)
            )
        case drf.ValidationError():
            return HttpError(422, list(islice(_of_validation(error.detail), _MOST_ERRORS)))
        case drf.APIException():
            return _of_api_exception(error)
        case Http404() | django.ObjectDoesNotExist() | InvalidPage():
            return HttpError.plain(404)
        case django.PermissionDenied():
            return HttpError.plain(403, code="permission_denied", detail="You may not do this.")
        case _ if isinstance(error, _TOO_LARGE):
            return HttpError.plain(413)
        case _ if isinstance(error, _UNREADABLE):
            return HttpError.plain(400)
    return _of_storage(error)


def status_of(refusal: type[Refusal]) -> int:
    """The HTTP status of a refusal."""
    status = 422 if issubclass(refusal, InvalidValue) else 404 if issubclass(refusal, NotFound) else 409
    return _STATUS_OF_CODE.get(refusal.code, status)


def key_of(path: Iterable[str | int]) -> str:
    """A place in the input as a key of ValidationError: an RFC 6901 pointer without its first slash."""
    return "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _of_refusals(refusals: tuple[Refusal, ...]) -> HttpError:
    errors = [
        ProblemError(
            code=each.code,
            detail=each.detail,
            pointer=each.pointer or msgspec.UNSET,
            params=each.params or msgspec.UNSET,
        )
        for each in refusals
    ]
    first = refusals[0]
    wait = first.params.get("retry_after")
    return HttpError(status_of(type(first)), errors, {"Retry-After": str(wait)} if wait else {})


def _of_validation(detail: Any, place: str = "") -> Iterator[ProblemError]:  # DRF's nested lists and dicts
    if isinstance(detail, drf.ErrorDetail):
        yield ProblemError(code=detail.code or "invalid", detail=str(detail), pointer=place or msgspec.UNSET)
        return
    for key, inner in detail.items() if isinstance(detail, dict) else enumerate(detail):
        about_all = key == "non_field_errors" or isinstance(inner, drf.ErrorDetail)
        yield from _of_validation(inner, place if about_all else f"{place}/{key}")


def _of_api_exception(error: drf.APIException) -> HttpError:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(challenge)
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(ceil(wait))
    code = error.get_codes()
    problem = ProblemError(code=code if isinstance(code, str) else "error", detail=str(error.detail))
    return HttpError(error.status_code, [problem], headers)


def _of_storage(error: BaseException) -> HttpError | None:
    if isinstance(error, OperationalError | InterfaceError):
        locked = is_lock_timeout(error)
        detail = (
            "Somebody else is changing this; try again."
            if locked
            else "The database can't be reached; try again."
        )
        return HttpError.plain(503, detail=detail, Retry_After=str(_RETRY_AFTER_SECONDS))
    if isinstance(error, IntegrityError):  # somebody was faster than the rule; the constraint held
        return _of_refusals((ConcurrentChange(),))
    # What drivers say of values no column holds: the last line behind the checks at the edge.
    unstorable = isinstance(error, DataError | OverflowError | UnicodeEncodeError | django.ValidationError)
    if unstorable or (isinstance(error, ValueError) and "NUL" in str(error)):
        return HttpError.plain(422, code="invalid", detail="A value can't be stored.")
    return None
