"""Every route that there is, as the resolver knows it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
#: Nothing has this id; no route's other parameters lead anywhere either.
NOBODY = UUID("00000000-0000-4000-8000-000000000000")

_VARIES = re.compile(r"<(?:(?P<converter>\w+):)?\w+>")
_OF_EACH_KIND = {"id": str(NOBODY), "int": "0", "slug": "nothing", "path": "nothing"}


@dataclass(frozen=True, slots=True)
class Route:
    """An address with `{}` for what varies, one example of it that leads to nothing, and as Django has it."""

    pattern: str
    example: str
    raw: str


def routes(prefix: str = "", *, root: str | None = None) -> list[Route]:
    """The routes below the prefix, with the prefix taken off."""
    found = [_route(raw) for raw in _walk(get_resolver(root), "")]
    return [
        Route(route.pattern.removeprefix(prefix), route.example, route.raw)
        for route in found
        if route.pattern.startswith(prefix)
    ]


def fields_of_bodies() -> dict[tuple[str, str], list[str]]:
    """The fields of each method's and route's body below /api/v1, as the published schema names them."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # spectacular's own
    fields = {}
    for address, operations in schema["paths"].items():
        pattern = re.sub(r"\{\w+\}", "{}", address.removeprefix("/api/v1/"))
        for method, operation in operations.items():
            contents = operation.get("requestBody", {}).get("content", {}).values()
            names = [content["schema"]["$ref"].rpartition("/")[2] for content in contents]
            shapes = [schema["components"]["schemas"][name] for name in names]
            fields[method.upper(), pattern] = [name for shape in shapes[:1] for name in shape["properties"]]
    return fields


def _walk(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        raw = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield raw
        else:
            yield from _walk(entry, raw)


def _route(raw: str) -> Route:
    plain = re.sub(r"\^|\$|/\?", "", raw)
    example = _VARIES.sub(lambda found: _OF_EACH_KIND.get(found["converter"], "nothing"), plain)
    return Route(_VARIES.sub("{}", plain), f"/{example}", raw)
