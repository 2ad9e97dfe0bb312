"""The port through which the relay hands events to whoever listens: a broker, or this very process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A committed event on its way out. `attempts` counts the failures that were its own fault."""

    id: int
    event_id: UUID
    type: str
    aggregate_id: UUID
    payload: str
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a batch, by the messages' ids: confirmed ones are published for good.

    `faults` are a message's own (the text says what is wrong with it). One that is in neither was not tried.
    """

    confirmed: frozenset[int] = frozenset()
    faults: Mapping[int, str] = field(default_factory=dict)


class PublishingUnavailable(Exception):
    """Nothing can be published for now, which is no message's fault. `outcome` is what was settled before."""

    def __init__(self, reason: str, *, outcome: Outcome | None = None) -> None:
        super().__init__(reason)
        self.outcome = outcome or Outcome()


class Publisher(Protocol):
    """Publishes events at least once, those of one aggregate in the order in which they are given."""

    def publish(self, messages: Sequence[Outgoing]) -> Outcome:
        """Publish a batch within ten seconds or so. Raises PublishingUnavailable for an outage."""
        ...

    def keep_alive(self) -> None:
        """Do what idle connections need, while there is nothing to publish."""
        ...
