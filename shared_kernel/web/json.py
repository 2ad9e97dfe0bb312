"""JSON in and out of the API: fast on the way out, strict on the way in."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import IO, Any

import msgspec
from rest_framework.exceptions import ErrorDetail, ParseError, UnsupportedMediaType, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from shared_kernel.web.problem_details import key_of

_DEEPEST = 32
_LONGEST_NUMBER = 40
#: What every database's integer column holds.
_LARGEST = 2**63 - 1
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


def encode(value: object) -> bytes:
    """JSON of dataclasses and plain values; instants as RFC 3339 with Z, decimals and UUIDs as strings."""
    return _ENCODER.encode(value)


def _plain(value: object) -> str:
    """Text of Django's own kinds (lazy, safe, ErrorDetail), and of what has no other form on the wire."""
    return str.__str__(value) if isinstance(value, str) else str.__str__(str(value))


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)


class FastJSONRenderer(BaseRenderer):
    """Renders answers as they stand."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,  # whatever a view answers
        accepted_media_type: str | None = None,  # noqa: ARG002  DRF's signature
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """The body; nothing for None. The browsable API asks for indentation."""
        if data is None:
            return b""
        indent = (renderer_context or {}).get("indent")
        return msgspec.json.format(encode(data), indent=indent) if indent else encode(data)


class StrictJSONParser(BaseParser):
    """Reads one JSON object in UTF-8, and refuses what two readers might understand differently."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The object sent.

        Raises UnsupportedMediaType for a charset other than UTF-8, ParseError for what can't be read, and
        ValidationError for what can be read but is no object, or holds text or numbers no database keeps.
        """
        _check_charset(media_type or "")
        # The request's own `body` guards its size; the bare stream doesn't.
        raw: bytes = parser_context["request"].body if parser_context else stream.read()
        parsed = _parse(raw)
        if not isinstance(parsed, dict):
            raise ValidationError([ErrorDetail("The body must be a JSON object.", code="not_an_object")])
        _check(parsed, ())
        return parsed


def _check_charset(media_type: str) -> None:
    for parameter in media_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip("\"'").lower() not in {"utf-8", "utf8"}:
            raise UnsupportedMediaType(media_type, detail="JSON is read in UTF-8 only.")


def _parse(raw: bytes) -> Any:  # whatever JSON holds
    try:
        return json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_without_twins,
            parse_constant=_no_number,
            parse_int=_integer,
            parse_float=_decimal,
        )
    except UnicodeDecodeError:
        raise ParseError("The body isn't UTF-8.") from None
    except json.JSONDecodeError as error:
        raise ParseError(f"The body isn't JSON: {error}.") from None
    except RecursionError:
        raise _too_deep() from None


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ParseError("A key appears twice in an object.", code="duplicate_key")
    return found


def _no_number(name: str) -> None:
    raise ParseError(f"{name} isn't JSON.")


def _integer(digits: str) -> int:
    value = int(digits) if len(digits) <= _LONGEST_NUMBER else _LARGEST + 1
    if abs(value) > _LARGEST:
        raise _number_too_large()
    return value


def _decimal(digits: str) -> Decimal:
    """Fractions stay exact: 0.1 is one tenth."""
    try:
        if len(digits) <= _LONGEST_NUMBER and abs((value := Decimal(digits)).adjusted()) <= _LONGEST_NUMBER:
            return value
    except InvalidOperation:
        pass
    raise _number_too_large()


def _check(value: object, path: tuple[str | int, ...]) -> None:
    if len(path) > _DEEPEST:
        raise _too_deep()
    if isinstance(value, str):
        check_text(value, path)
    elif isinstance(value, dict):
        for key, held in value.items():
            check_text(key, path)
            _check(held, (*path, key))
    elif isinstance(value, list):
        for place, held in enumerate(value):
            _check(held, (*path, place))


def check_text(text: str, path: tuple[str | int, ...]) -> None:
    """Raise ValidationError for text that isn't any: with a NUL or half of a surrogate pair."""
    if _NO_TEXT.search(text):
        error = ErrorDetail("Text can't hold NUL characters or lone surrogates.", code="invalid_text")
        raise ValidationError({key_of(path): [error]})


def _too_deep() -> ParseError:
    return ParseError("The body is nested too deeply.", code="nested_too_deeply")


def _number_too_large() -> ValidationError:
    return ValidationError([ErrorDetail("A number is too large or too long.", code="number_too_large")])
