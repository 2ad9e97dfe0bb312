"""A received message: its payload, what could be parsed of it, and why it can't be handled, if so."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import msgspec

from outbox.envelope import MalformedEvent, ReceivedEvent, read_event


class MessageHeader(NamedTuple):
    """The id and type of a message, as far as they can be read even if the rest is malformed."""

    id: UUID | None = None
    type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """A received message. `error` says why it can't be handled; `digest` is the payload's SHA-256 in hex.

    Without an event and without an error, this consumer has no subscriber for its type.
    """

    payload: bytes
    digest: str
    header: MessageHeader
    event: ReceivedEvent | None = None
    error: str = ""

    @classmethod
    def of(cls, payload: bytes) -> "InboundMessage":
        """Parse a message of any type."""
        digest = hashlib.sha256(payload).hexdigest()
        try:
            event = read_event(payload)
        except MalformedEvent as malformed:
            error = f"unreadable: {malformed}"
            return cls(payload=payload, digest=digest, header=_read_header(payload), error=error)
        return cls(payload=payload, digest=digest, header=MessageHeader(event.id, event.type), event=event)


def _read_header(payload: bytes) -> MessageHeader:
    try:
        found = msgspec.json.decode(payload, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return MessageHeader()
    try:
        id_ = UUID(str(found.get("id")))
    except ValueError:
        id_ = None
    type_ = found.get("type")
    return MessageHeader(id_, type_ if isinstance(type_, str) else "")
