"""One way to turn results, events and bodies into JSON, and back."""

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def to_json(value: object) -> bytes:
    """Encode dataclasses and plain values; instants as RFC 3339, decimals as strings."""
    return msgspec.json.encode(value)


def from_json(raw: bytes | str, kind: type[T]) -> T:
    """Decode into `kind`. Raises msgspec.MsgspecError when it doesn't fit."""
    return msgspec.json.decode(raw, type=kind)


def to_builtins(value: object) -> Any:  # whatever JSON can hold
    """The same value as dicts, lists, strings and numbers, ready for a renderer."""
    return msgspec.to_builtins(value)
