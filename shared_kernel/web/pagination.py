"""Cursors: where a page starts, signed, so that nobody makes one up or takes it to another list."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from shared_kernel.domain.errors import InvalidValue
from shared_kernel.services.pagination import Keys, Page, PageRequest

PARAMETERS = frozenset({"cursor", "page_size"})
DEFAULT_SIZE = 20
LARGEST_SIZE = 100


class CursorInvalid(InvalidValue):
    code = "cursor_invalid"
    message = "This cursor doesn't belong to this list. Start again without a cursor."
    pointer = "/cursor"


class PageSizeInvalid(InvalidValue):
    code = "page_size_invalid"
    message = "page_size must be from 1 to 100."
    pointer = "/page_size"


def requested_page(request: HttpRequest) -> PageRequest:
    """The page that the parameters `cursor` and `page_size` ask for.

    Raises CursorInvalid for a cursor of another list, filter or order, and PageSizeInvalid.
    """
    size = request.GET.get("page_size", str(DEFAULT_SIZE))
    if not re.fullmatch(r"[0-9]{1,3}", size) or not 1 <= int(size) <= LARGEST_SIZE:
        raise PageSizeInvalid
    cursor = request.GET.get("cursor")
    if cursor is None:
        return PageRequest(size=int(size))
    try:
        backwards, *frozen = _signer(request).unsign_object(cursor)
        keys = tuple(_revived(*key) for key in frozen)
    except (BadSignature, ValueError, TypeError, KeyError):
        raise CursorInvalid from None
    return PageRequest(size=int(size), keys=keys, backwards=bool(backwards))


def page_links(request: HttpRequest, page: Page[Any]) -> tuple[str | None, str | None]:  # a page of anything
    """The addresses of the next and the previous page, with all other parameters as they are."""
    return _link(request, page.next, backwards=False), _link(request, page.previous, backwards=True)


def _link(request: HttpRequest, keys: Keys | None, *, backwards: bool) -> str | None:
    if keys is None:
        return None
    cursor = _signer(request).sign_object([int(backwards), *(_frozen(key) for key in keys)])
    others = [(name, value) for name, values in request.GET.lists() if name != "cursor" for value in values]
    return request.build_absolute_uri(f"{request.path}?{urlencode([*others, ('cursor', cursor)])}")


def _signer(request: HttpRequest) -> Signer:
    """Bound to the list: its address, filters and order, whatever the size of its pages."""
    filters = sorted((name, values) for name, values in request.GET.lists() if name not in PARAMETERS)
    return Signer(salt=f"cursor {request.path}?{urlencode(filters, doseq=True)}")


_REVIVE: dict[str, Callable[[Any], Any]] = {  # as various as sort columns
    "uuid": UUID,
    "at": datetime.fromisoformat,
    "on": date.fromisoformat,
    "text": str,
    "int": int,
    "none": lambda _: None,
}


def _frozen(key: object) -> tuple[str, str | int | None]:
    match key:
        case UUID():
            return "uuid", str(key)
        case datetime():
            return "at", key.isoformat()
        case date():
            return "on", key.isoformat()
        case str():
            return "text", key
        case int():
            return "int", key
        case None:
            return "none", None
    raise TypeError(f"A list can't be sorted by {type(key).__name__}.")


def _revived(kind: str, key: Any) -> Any:  # what _frozen wrote
    return _REVIVE[kind](key)
