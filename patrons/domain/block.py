"""A manual block: somebody at the library decided that a patron may not borrow for now."""

from dataclasses import dataclass
from datetime import date
from typing import Self
from uuid import UUID

from patrons.domain.text import tidied
from shared_kernel.domain.text import ReasonRequired

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block with its reason. `until` is its last day; without one it is a suspension."""

    id: UUID
    reason: str
    until: date | None

    @classmethod
    def because(cls, reason: str, *, id: UUID, until: date | None) -> Self:
        """A block for a reason. Raises ReasonRequired."""
        words = tidied(reason, longest=LONGEST_REASON)
        if words is None:
            raise ReasonRequired
        return cls(id=id, reason=words, until=until)

    @property
    def is_suspension(self) -> bool:
        """Whether it lasts until somebody lifts it."""
        return self.until is None
