"""Conditional requests (RFC 9110, section 13): change only what one has seen, fetch only what is new.

An entity tag is `"VERSION.DIGEST"`: the aggregate's version, which If-Match is about, and a digest of the
whole answer, which If-None-Match is about, since an answer also shows what isn't the aggregate's own (a
Book's availability changes while its version stays).
"""

import re
from hashlib import blake2b
from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response

from shared_kernel.domain.errors import InvalidValue
from shared_kernel.services.bus import Result
from shared_kernel.web.json import encode

#: Matches no aggregate, whose versions start at 1.
NO_VERSION = 0

_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_VERSION = re.compile(r"([1-9][0-9]{0,17})(?:\.[0-9a-f]+)?")


class IfMatchInvalid(InvalidValue):
    code = "if_match_invalid"
    message = 'If-Match takes one entity tag as given by the ETag header or the version, such as "3", or *.'


def version_to_match(request: HttpRequest | Request) -> int | None:
    """The version that If-Match asks for; None without one (or with `*`), 0 for a tag of somebody else's.

    The version alone counts. A weak tag is as good: proxies that compress weaken tags on their way.
    Raises IfMatchInvalid.
    """
    given = request.headers.get("If-Match")
    if given is None or given.strip() == "*":
        return None
    tag = _TAG.fullmatch(given.strip())
    if tag is None:
        raise IfMatchInvalid
    version = _VERSION.fullmatch(tag[1])
    return int(version[1]) if version else NO_VERSION


def entity_tag(answer: object) -> str | None:
    """The tag of an answer that has a version; None for any other."""
    version: Any = getattr(answer, "version", None)  # an attribute of some answers
    if not isinstance(answer, Result) or not isinstance(version, int):
        return None
    return f'"{version}.{blake2b(encode(answer), digest_size=8).hexdigest()}"'


def make_conditional(request: Request, response: Response) -> None:
    """Tag a versioned answer, and empty it (304) if the client has this very answer already.

    The answer as a page for people is left alone: it shows who is logged in, too.
    """
    tag = entity_tag(response.data) if request.accepted_renderer.format == "json" else None
    if tag is None:
        return
    response["ETag"] = tag
    if request.method in {"GET", "HEAD"} and _is_known(request.headers.get("If-None-Match", ""), tag):
        response.status_code, response.data = 304, None


def _is_known(if_none_match: str, tag: str) -> bool:
    known = [f'"{each}"' for each in _TAG.findall(if_none_match)]
    return if_none_match.strip() == "*" or tag in known
