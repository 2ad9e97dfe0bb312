"""The port through which the relay publishes events: to a broker, or to this very process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """A committed event to publish. `attempts` counts the failures that were the message's own."""

    id: int
    event_id: UUID
    type: str
    aggregate_id: UUID
    payload: str
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishResult:
    """The result of publishing a batch, by message id.

    `failures` gives the reason why a message can't be published as it is. A message that is neither confirmed
    nor failed was not tried.
    """

    confirmed: frozenset[int] = frozenset()
    failures: Mapping[int, str] = field(default_factory=dict)


class PublishingUnavailable(Exception):
    """The broker or the database is unavailable. `result` says what was published before.

    An outage doesn't count as a failed attempt of any message.
    """

    def __init__(self, reason: str, *, result: PublishResult | None = None) -> None:
        super().__init__(reason)
        self.result = result or PublishResult()


class Publisher(Protocol):
    """Publishes events at least once, and those of one aggregate in the given order."""

    def publish(self, messages: Sequence[OutboundMessage]) -> PublishResult:
        """Publish a batch within about ten seconds. Raises PublishingUnavailable during an outage."""
        ...

    def send_heartbeat(self) -> None:
        """Keep the connection alive while there is nothing to publish."""
        ...
