"""Serves the OpenAPI document. It is the same for everybody, so each process makes it once a format."""

from functools import cache
from typing import Any

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView
from msgspec import json
from rest_framework.request import Request


class SchemaView(SpectacularAPIView):
    """The OpenAPI document as JSON or YAML, as the request prefers."""

    def _get_schema_response(self, request: Request) -> HttpResponse:
        chosen = request.accepted_renderer
        headers = {"Vary": "Accept", "Content-Disposition": f'inline; filename="library.{chosen.format}"'}
        return HttpResponse(_document(chosen.format), content_type=chosen.media_type, headers=headers)


@cache
def _document(format: str) -> bytes:
    if format == "json":
        return json.encode(_schema(), enc_hook=str)  # lazy texts
    document: bytes = OpenApiYamlRenderer().render(_schema())  # type: ignore[no-untyped-call]  # it ships no types
    return document


@cache
def _schema() -> dict[str, Any]:  # OpenAPI's
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # it ships no types
    return schema
