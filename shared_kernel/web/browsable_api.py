"""The API as pages, for staff who try it out: what it answers, and a form with the fields that it takes."""

import re
from functools import cache
from typing import Any

from msgspec import json
from rest_framework.renderers import BrowsableAPIRenderer

_NONE_YET = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}


class BrowsableRenderer(BrowsableAPIRenderer):
    """DRF's pages in the library's dress, whose forms say what may be sent."""

    template = "api.html"

    def get_raw_data_form(
        self, data: Any, view: Any, method: str, request: Any
    ) -> Any:  # DRF's own, all of it
        """The form for a body, begun with the fields that are needed or may be null."""
        form = super().get_raw_data_form(data, view, method, request)
        if form and "_content" in form.fields:
            form.fields["_content"].initial = _begun(method, request.resolver_match.route)
        return form


def _begun(method: str, route: str) -> str:
    address = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
    body = _bodies().get((method, address))
    return json.format(json.encode(body), indent=2).decode() if body else ""


@cache
def _bodies() -> dict[tuple[str, str], Any]:
    """An empty body by method and address, from the published schema."""
    # Late: it imports DRF's views, which are being imported when they ask for this module.
    from drf_spectacular.generators import SchemaGenerator

    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # its own
    shapes = schema["components"]["schemas"]
    return {
        (method.upper(), address): _empty(content["schema"], shapes)
        for address, operations in schema["paths"].items()
        for method, operation in operations.items()
        for kind, content in operation.get("requestBody", {}).get("content", {}).items()
        if kind == "application/json"
    }


def _empty(shape: dict[str, Any], shapes: dict[str, Any]) -> Any:  # JSON Schema, and what it allows
    shape = shapes[shape["$ref"].rpartition("/")[2]] if "$ref" in shape else shape
    if "properties" in shape:
        needed = shape.get("required", [])
        return {
            name: _empty(inner, shapes) if name in needed else None
            for name, inner in shape["properties"].items()
            if name in needed or "null" in inner.get("type", ())
        }
    kind = shape.get("type")
    return shape["enum"][0] if "enum" in shape else _NONE_YET.get(kind) if isinstance(kind, str) else None
