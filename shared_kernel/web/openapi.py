"""The public schema says what the code says: answers from their dataclasses, access from the policies."""

from collections.abc import Mapping
from dataclasses import make_dataclass
from functools import cache
from typing import Any

import msgspec
from drf_spectacular.drainage import warn
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import Direction, OpenApiParameter

from shared_kernel.services.bus import Answer
from shared_kernel.web.access import PUBLIC
from shared_kernel.web.pagination import DEFAULT_SIZE, LARGEST_SIZE
from shared_kernel.web.problem import CONTENT_TYPE, Problem

_REFERENCE = "#/components/schemas/{name}"
_PAGE_PARAMETERS = [
    OpenApiParameter("cursor", str, description="Where the page starts: from `next` or `previous` alone."),
    OpenApiParameter(
        "page_size", {"type": "integer", "minimum": 1, "maximum": LARGEST_SIZE, "default": DEFAULT_SIZE}
    ),
]
_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{8,128}$"},
    location=OpenApiParameter.HEADER,
    description="Repeating a request with the same key gives the first answer again, for 48 hours.",
)


@cache
def paged_schema(row: type[Answer]) -> type[Answer]:
    """One page of a list of such rows, as a view names it for 200."""
    rows = list[row]  # type: ignore[valid-type]  # known at run time alone
    fields = [("results", rows), ("next", str | None), ("previous", str | None)]
    page: type[Answer] = make_dataclass(f"{row.__name__}Page", fields, bases=(Answer,), kw_only=True)
    page.__doc__ = "One page of a list, and where the next and the previous one are."
    page.__module__ = row.__module__
    return page


class AnswerExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # registers itself
    """Makes an answer's component from its dataclass, by the very library that encodes it."""

    target_class = Answer
    match_subclasses = True

    def get_name(self, auto_schema: AutoSchema, direction: Direction) -> str:  # noqa: ARG002  the extension's protocol
        """The component's name: the dataclass's own."""
        name: str = self.target.__name__
        return name

    def get_identity(self, auto_schema: AutoSchema, direction: Direction) -> str:
        """Components are the same if their names are; `map_serializer` warns where that is wrong."""
        return self.get_name(auto_schema, direction)

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:  # JSON Schema
        """The component's schema; those of the dataclasses inside it become components too."""
        _, components = msgspec.json.schema_components([self.target], ref_template=_REFERENCE)
        own: dict[str, Any] = components.pop(self.get_name(auto_schema, direction))
        for name, schema in components.items():
            component = _component(name, schema)
            auto_schema.registry.register_on_missing(component)
            if auto_schema.registry[component].schema not in (schema, None):
                warn(f"two different answers are called {name}")
        return own


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """A machine's token."""

    target_class = "shared_kernel.web.authentication.TokenAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:  # noqa: ARG002  the extension's protocol
        """OpenAPI's name for it."""
        return {"type": "http", "scheme": "bearer"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """A browser's session."""

    target_class = "shared_kernel.web.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:  # noqa: ARG002  the extension's protocol
        """OpenAPI's name for it."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class LibrarySchema(AutoSchema):
    """Adds to each operation what all have in common: problems, idempotency keys, pages, who may."""

    def get_auth(self) -> list[dict[str, Any]]:  # OpenAPI's security requirements
        """How to log in; an empty way in, too, where anybody may."""
        policy: Mapping[str, Any] = getattr(self.view, "policy", {})
        open_to_all = policy.get(getattr(self.view, "action", "")) == PUBLIC
        return [*super().get_auth(), *([{}] if open_to_all else [])]

    def get_override_parameters(self) -> list[Any]:  # parameters in any of spectacular's forms
        """The parameters that follow from the method and from the answer's being a page."""
        parameters = list(super().get_override_parameters())
        answers: Any = self.get_response_serializers()  # a shape, or shapes by status
        if isinstance(answers, dict) and any(_is_page(answer) for answer in answers.values()):
            parameters += _PAGE_PARAMETERS
        return [*parameters, _IDEMPOTENCY_KEY] if self.method == "POST" else parameters

    def _is_list_view(self, serializer: Any = None) -> bool:  # anything that spectacular takes for a shape
        """Whether spectacular is to wrap the answer in a list: ours say themselves what they are."""
        if isinstance(serializer, type) and issubclass(serializer, Answer):
            return False
        wrap: bool = super()._is_list_view(serializer)
        return wrap

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:  # OpenAPI's
        shape: Any = Problem  # AnswerExtension makes it one of spectacular's
        problem = self.resolve_serializer(shape, direction).ref
        anything_else = {"description": "A problem.", "content": {CONTENT_TYPE: {"schema": problem}}}
        return {**super()._get_response_bodies(direction), "default": anything_else}


def _component(name: str, schema: dict[str, Any]) -> ResolvedComponent:
    return ResolvedComponent(name, ResolvedComponent.SCHEMA, schema, name)  # type: ignore[no-untyped-call]  # it ships no types


def _is_page(answer: object) -> bool:
    return isinstance(answer, type) and issubclass(answer, Answer) and answer.__name__.endswith("Page")
