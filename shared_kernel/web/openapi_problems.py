"""Which problems each operation of the API can answer with: their statuses, and the codes of each.

Nothing is written down for it in the views. The codes come from where they arise: from the `refusals` of the
commands and queries that an action sends, from the fields of its forms, and from what every request passes
(authentication, parsing, paging, idempotency keys). `docs/how-to/add-a-refusal.md` tells how to add one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import FunctionType
from typing import Any, Final

from rest_framework.fields import CharField, Field
from rest_framework.serializers import BaseSerializer, ListSerializer, Serializer

from shared_kernel.domain.errors import ConcurrentChange, Refusal
from shared_kernel.services.bus import Command, Query
from shared_kernel.services.idempotency import (
    IdempotencyKeyInFlight,
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    ResultErased,
)
from shared_kernel.web.conditional_requests import IfMatchInvalid
from shared_kernel.web.pagination import CursorInvalid, PageSizeInvalid
from shared_kernel.web.problem_details import status_of

Codes = dict[int, set[str]]
Message = type[Command[Any] | Query[Any]]

#: What can happen to any request. A body can be sent with any of them, and is then read or refused.
ANYWHERE: Final[Mapping[int, frozenset[str]]] = {
    400: frozenset({"bad_request"}),
    401: frozenset({"invalid_token", "not_authenticated"}),
    403: frozenset({"permission_denied"}),
    406: frozenset({"not_acceptable"}),
    408: frozenset({"request_timeout"}),
    411: frozenset({"length_required"}),
    413: frozenset({"request_entity_too_large"}),
    415: frozenset({"unsupported_content_encoding"}),
    422: frozenset({"invalid_text", "unknown_field"}),
    429: frozenset({"throttled"}),
    500: frozenset({"internal_server_error"}),
    503: frozenset({"overloaded", "service_unavailable"}),
}
#: Problems that mean the same wherever they occur: one response of the schema for all operations.
COMMON: Final[Mapping[int, frozenset[str]]] = {
    **ANYWHERE,
    404: frozenset({"not_found"}),
    412: frozenset({"precondition_failed"}),
    415: frozenset({"unsupported_content_encoding", "unsupported_media_type"}),
}
_OPEN_TO_ALL: Final = {401: {"not_authenticated"}, 403: {"permission_denied"}}
_OF_A_BODY: Final[Mapping[int, frozenset[str]]] = {
    400: frozenset({"parse_error"}),
    415: frozenset({"unsupported_media_type"}),
}
_OF_JSON: Final[Mapping[int, frozenset[str]]] = {
    400: frozenset({"duplicate_key", "nested_too_deeply"}),
    422: frozenset({"not_an_object", "number_too_large"}),
}
_OF_A_PAGE: Final = (CursorInvalid, PageSizeInvalid)
_OF_A_KEY: Final = (
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    IdempotencyKeyInFlight,
    ResultErased,
)
#: Statuses of refusals that a command may be refused with all at once.
_MIXED: Final = frozenset({409, 422})
#: DRF's fields have messages for these even without such a limit; with one, a validator has the code.
_OF_VALIDATORS: Final = {"max_length", "min_length", "max_value", "min_value"}
#: What a field that reads what clients send never says.
_NEVER: Final = {"datetime", "date", "no_name", "surrogate_characters_not_allowed"}


def messages_of(action: Callable[..., Any]) -> list[Message]:
    """The commands and queries that a view's action sends: those that its code names."""
    named = (getattr(action, "__globals__", {}).get(name) for name in _names_in(action))
    return [it for it in named if isinstance(it, type) and issubclass(it, Command | Query)]


def is_paged(action: Callable[..., Any]) -> bool:
    """Whether the answer is a page, of which the client chooses the size and the start."""
    return "page_request" in _names_in(action)


def is_conditional(action: Callable[..., Any]) -> bool:
    """Whether the action uses If-Match."""
    return "if_match" in _names_in(action)


def problems_of(
    *,
    method: str,
    action: Callable[..., Any],
    body: Serializer[Any] | None,
    filters: Iterable[Serializer[Any]],
    takes_json: bool,
    open_to_all: bool,
    has_parameters: bool,
) -> Codes:
    """The codes that an operation can answer with, by status."""
    asked = list(filters)
    codes: Codes = defaultdict(set)
    _add(codes, ANYWHERE)
    if open_to_all:
        for status, impossible in _OPEN_TO_ALL.items():
            codes[status] -= impossible
    if has_parameters:  # which may be none, such as one with a word in the place of an id
        codes[404].add("not_found")
    if method != "GET":
        _add(codes, _OF_A_BODY)
        _add(codes, _OF_JSON if takes_json else {})
    codes[422] |= {code for form in asked for code in form_codes(form, of_text=True)}
    codes[422] |= form_codes(body, of_text=not takes_json) if body else set()
    if asked or (body and not takes_json):
        codes[422].add("given_twice")
    if takes_json:  # whose parser has looked at every text before
        codes[422].discard("null_characters_not_allowed")
    for refusal in _refusals(action, method=method):
        status, code = _status_and_code(refusal)
        codes[status].add(code)
    return {status: found for status, found in sorted(codes.items()) if found}


def refused_together(action: Callable[..., Any], *, status: int) -> set[str]:
    """The codes that may stand among the errors of an answer of this status beside its own.

    A command is refused with every reason at once, by values (422) and by the state of things (409) alike;
    the first of them decides the status.
    """
    refusals = [it for message in messages_of(action) for it in message.refusals]
    mixed = {code for its_status, code in map(_status_and_code, refusals) if its_status in _MIXED}
    return mixed if status in _MIXED else set()


def form_codes(form: BaseSerializer[Any], *, of_text: bool = False) -> set[str]:
    """The codes of all that can be wrong with a form's values, by its fields and its own messages.

    `of_text`: the values come from a query or a multipart form, where each is a text or a file.
    """
    own = set(form.error_messages) - set(Field.default_error_messages) - {"invalid"}
    inner = form.child if isinstance(form, ListSerializer) else form
    if not isinstance(inner, Serializer):
        return own
    return own | {code for field in inner.fields.values() for code in _field_codes(field, of_text=of_text)}


def _field_codes(field: Field[Any, Any, Any, Any], *, of_text: bool = False) -> set[str]:
    codes = set(field.error_messages) - _OF_VALIDATORS - _NEVER
    codes -= {"invalid"} if of_text and isinstance(field, CharField) else set()
    codes |= {str(getattr(each, "code", "invalid")) for each in field.validators} - _NEVER
    possible = {
        "required": field.required,
        "null": not (field.allow_null or of_text),
        "blank": not getattr(field, "allow_blank", True),
        "empty": not (getattr(field, "allow_empty", True) and getattr(field, "allow_empty_file", True)),
    }
    codes -= {code for code, can_be in possible.items() if not can_be}
    if isinstance(field, BaseSerializer):
        return codes | form_codes(field)
    child = getattr(field, "child", None)
    return codes | (_field_codes(child) - {"required"} if isinstance(child, Field) else set())


def _refusals(action: Callable[..., Any], *, method: str) -> Iterator[type[Refusal] | str]:
    messages = messages_of(action)
    for message in messages:
        yield from message.refusals
    if is_paged(action):
        yield from _OF_A_PAGE
    if is_conditional(action):
        yield IfMatchInvalid
    if any(issubclass(message, Command) for message in messages):
        yield ConcurrentChange
        yield from _OF_A_KEY if method == "POST" else ()


def _status_and_code(refusal: type[Refusal] | str) -> tuple[int, str]:
    return (409, refusal) if isinstance(refusal, str) else (status_of(refusal), refusal.code)


def _names_in(action: Callable[..., Any]) -> tuple[str, ...]:
    return action.__code__.co_names if isinstance(action, FunctionType) else ()


def _add(codes: Codes, more: Mapping[int, frozenset[str]]) -> None:
    for status, found in more.items():
        codes[status] |= found
