"""What the published schema says that each operation can answer, to be held against what is answered."""

import json
import re
from collections.abc import Mapping
from functools import cache
from threading import Lock
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.generators import SchemaGenerator

from shared_kernel.web.problem_details import CONTENT_TYPE

#: The schema is that of the product's own routes; some tests have others.
ROUTES = "library_project.urls"
Codes = frozenset[str]
#: (method, address) and, for each status, the codes of a problem and of all its errors; none of a success.
Declared = Mapping[tuple[str, str], Mapping[int, tuple[Codes, Codes]]]
_making = Lock()


def declared() -> Declared:
    """The statuses and codes of every operation, as the schema names them; made once, by one thread."""
    with _making:
        return _made()


@cache
def _made() -> Declared:
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # spectacular's own
    return {
        (method.upper(), address): {
            int(status): _codes(answer, schema) for status, answer in operation["responses"].items()
        }
        for address, operations in schema["paths"].items()
        for method, operation in operations.items()
    }


def _codes(answer: dict[str, Any], schema: dict[str, Any]) -> tuple[Codes, Codes]:
    if "$ref" in answer:
        answer = schema["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    content = answer.get("content", {})
    if CONTENT_TYPE not in content:
        return frozenset(), frozenset()
    _, these = content[CONTENT_TYPE]["schema"]["allOf"]
    code, errors = these["properties"]["code"], these["properties"]["errors"]
    return frozenset(code["enum"]), frozenset(errors["items"]["properties"]["code"]["enum"])


def undeclared(request: HttpRequest, response: HttpResponseBase) -> str | None:
    """What the answer has that the schema doesn't say of the operation; None if it says all of it."""
    if settings.ROOT_URLCONF != ROUTES or request.resolver_match is None:
        return None
    address = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", request.resolver_match.route)
    method = "GET" if request.method == "HEAD" else request.method or ""
    operation = declared().get((method, address))
    if operation is None:  # a page, or a method that the route doesn't know
        return None
    said = operation.get(response.status_code)
    code, errors = _codes_in(response)
    surplus = (code - said[0]) | (errors - said[1]) if said else code | errors
    if said is not None and not surplus:
        return None
    return f"{method} {address} answered {response.status_code} {sorted(surplus)}"


def _codes_in(response: HttpResponseBase) -> tuple[Codes, Codes]:
    if not isinstance(response, HttpResponse) or response.get("Content-Type") != CONTENT_TYPE:
        return frozenset(), frozenset()
    problem = json.loads(response.content)
    return frozenset({problem["code"]}), frozenset(error["code"] for error in problem["errors"])
