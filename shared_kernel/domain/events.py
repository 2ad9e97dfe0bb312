"""What an aggregate says after it changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NamedTuple
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainEvent:
    """A fact that happened to one aggregate. It carries ids and facts, never a person's name or address.

    `type` is the public wire type (`<context>.<event>.v<n>`); every further field of a subclass is the
    `data` of the published message. `occurred_at` is an aware UTC instant.
    """

    type: ClassVar[str]

    aggregate_id: UUID
    occurred_at: datetime


class Recorded(NamedTuple):
    """An event and the version of its aggregate that it brought about (dense, from 1)."""

    event: DomainEvent
    version: int
