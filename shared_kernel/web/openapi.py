"""The public schema says what the code says: answers from their dataclasses, access from the policies."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import make_dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, Final

import msgspec
from drf_spectacular.drainage import warn
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import Direction, OpenApiParameter
from rest_framework.serializers import Serializer

from shared_kernel.services.bus import Result
from shared_kernel.web.access import PUBLIC
from shared_kernel.web.openapi_problems import (
    COMMON,
    is_conditional,
    is_paged,
    problems_of,
    refused_together,
)
from shared_kernel.web.pagination import DEFAULT_SIZE, LARGEST_SIZE
from shared_kernel.web.problem_details import CONTENT_TYPE, Problem

_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_REFERENCE = "#/components/schemas/{name}"
_PAGE_PARAMETERS = [
    OpenApiParameter("cursor", str, description="Where the page starts: from `next` or `previous` alone."),
    OpenApiParameter(
        "page_size", {"type": "integer", "minimum": 1, "maximum": LARGEST_SIZE, "default": DEFAULT_SIZE}
    ),
]
_IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    location=OpenApiParameter.HEADER,
    description="Change only this version: an ETag, or a version in quotes. Anything else is 412.",
)
_IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    location=OpenApiParameter.HEADER,
    description="ETags of answers that the client has; 304 where it would get one of them.",
)
_ETAG = {
    "description": "The version and a digest of the answer, for If-Match and If-None-Match.",
    "schema": {"type": "string"},
}
_RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds to wait before asking again.",
        "schema": {"type": "integer", "minimum": 0},
    }
}
_HEADERS_OF_PROBLEMS: Final[Mapping[int, Mapping[str, Any]]] = {
    401: {"WWW-Authenticate": {"description": "How to log in.", "schema": {"type": "string"}}},
    409: _RETRY_AFTER,
    429: _RETRY_AFTER,
    503: _RETRY_AFTER,
}
_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{8,128}$"},
    location=OpenApiParameter.HEADER,
    description="Repeating a request with the same key gives the first answer again, for 48 hours.",
)


@cache
def paged_schema(row: type[Result]) -> type[Result]:
    """One page of a list of such rows, as a view names it for 200."""
    rows = list[row]  # type: ignore[valid-type]  # known at run time alone
    fields = [("results", rows), ("next", str | None), ("previous", str | None)]
    page: type[Result] = make_dataclass(f"{row.__name__}Page", fields, bases=(Result,), kw_only=True)
    page.__doc__ = "One page of a list, and where the next and the previous one are."
    page.__module__ = row.__module__
    return page


class ResultExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # registers itself
    """Makes an answer's component from its dataclass, by the very library that encodes it."""

    target_class = Result
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
        return [*super().get_auth(), *([{}] if self._is_open_to_all() else [])]

    def get_override_parameters(self) -> list[Any]:  # parameters in any of spectacular's forms
        """The parameters that follow from the method and from the messages that the action sends."""
        parameters = list(super().get_override_parameters())
        parameters += _PAGE_PARAMETERS if is_paged(self._action()) else []
        parameters += [_IF_MATCH] if is_conditional(self._action()) else []
        parameters += [_IF_NONE_MATCH] if self.method == "GET" and self._is_versioned() else []
        return [*parameters, _IDEMPOTENCY_KEY] if self.method == "POST" else parameters

    def _is_list_view(self, serializer: Any = None) -> bool:  # anything that spectacular takes for a shape
        """Whether spectacular is to wrap the answer in a list: ours say themselves what they are."""
        if isinstance(serializer, type) and issubclass(serializer, Result):
            return False
        wrap: bool = super()._is_list_view(serializer)
        return wrap

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:  # OpenAPI's
        answers: dict[str, Any] = super()._get_response_bodies(direction)
        if self._is_versioned():
            for answer in answers.values():
                answer["headers"] = {"ETag": _ETAG}
            if self.method == "GET":
                answers["304"] = {"description": "Nothing has changed.", "headers": {"ETag": _ETAG}}
        shape: Any = Problem  # ResultExtension makes it one of spectacular's
        problem = self.resolve_serializer(shape, direction).ref
        codes = problems_of(
            method=self.method,
            action=self._action(),
            body=self._form(self.get_request_serializer()) if self.method in _WITH_BODY else None,
            filters=[form for it in self.get_override_parameters() if (form := self._form(it))],
            takes_json="application/json" in self.map_parsers(),
            open_to_all=self._is_open_to_all(),
            has_parameters="{" in self.path,
        )
        for status, found in codes.items():
            together = found | refused_together(self._action(), status=status)
            answer = _problem(status, codes=found, together=together, problem=problem)
            is_common = found == together and frozenset(found) == COMMON.get(status)
            answers[str(status)] = self._shared(status, answer) if is_common else answer
        return answers

    def _shared(self, status: int, answer: dict[str, Any]) -> dict[str, Any]:  # OpenAPI's
        """A reference to the one answer that many operations give."""
        name = HTTPStatus(status).name.title().replace("_", "")
        component = ResolvedComponent(name, ResolvedComponent.RESPONSE, answer, name)  # type: ignore[no-untyped-call]  # it ships no types
        self.registry.register_on_missing(component)
        return component.ref

    def _action(self) -> Callable[..., Any]:
        action: Callable[..., Any] = getattr(type(self.view), getattr(self.view, "action", None) or "get")
        return action

    def _is_open_to_all(self) -> bool:
        policy: Mapping[str, Any] = getattr(self.view, "policy", {})
        return policy.get(getattr(self.view, "action", "")) == PUBLIC

    def _is_versioned(self) -> bool:
        answers: Any = self.get_response_serializers()  # a shape, or shapes by status
        shapes = answers.values() if isinstance(answers, dict) else []
        return any("version" in getattr(shape, "__dataclass_fields__", ()) for shape in shapes)

    @staticmethod
    def _form(shape: Any) -> Serializer[Any] | None:  # whatever extend_schema takes
        """The form, of a class, an instance, or the one of several media types."""
        (shape,) = shape.values() if isinstance(shape, dict) and len(shape) == 1 else (shape,)
        form = shape() if isinstance(shape, type) and issubclass(shape, Serializer) else shape
        return form if isinstance(form, Serializer) else None


def _problem(
    status: int, *, codes: Collection[str], together: Collection[str], problem: dict[str, Any]
) -> dict[str, Any]:  # OpenAPI's
    code = {"type": "string", "enum": sorted(codes)}
    any_code = {"type": "string", "enum": sorted(together)}
    errors = {"type": "array", "items": {"type": "object", "properties": {"code": any_code}}}
    these = {"type": "object", "properties": {"code": code, "errors": errors}}
    answer: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {CONTENT_TYPE: {"schema": {"allOf": [problem, these]}}},
    }
    return answer | {"headers": _HEADERS_OF_PROBLEMS[status]} if status in _HEADERS_OF_PROBLEMS else answer


def _component(name: str, schema: dict[str, Any]) -> ResolvedComponent:
    return ResolvedComponent(name, ResolvedComponent.SCHEMA, schema, name)  # type: ignore[no-untyped-call]  # it ships no types
