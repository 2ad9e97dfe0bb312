"""Use of a copy inside the house: it is scanned at the desk, but nobody had borrowed it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final, Self
from uuid import UUID

from shared_kernel.domain.aggregates import Aggregate
from shared_kernel.domain.events import DomainEvent

#: A copy scanned again so soon after its return was scanned twice, not read in between.
SECOND_SCAN_WITHIN: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class InHouseUseRecorded(DomainEvent):
    """A copy that was not on loan was used in a branch."""

    type: ClassVar[str] = "lending.in_house_use_recorded.v1"

    copy_id: UUID
    book_id: UUID
    branch: str


class InHouseUse(Aggregate):
    """One use of one copy, at an instant (aware, UTC)."""

    def __init__(
        self, *, id: UUID, copy_id: UUID, book_id: UUID, branch: str, used_at: datetime, version: int = 0
    ) -> None:
        super().__init__(id=id, version=version)
        self.copy_id = copy_id
        self.book_id = book_id
        self.branch = branch
        self.used_at = used_at

    @classmethod
    def record(cls, *, id: UUID, copy_id: UUID, book_id: UUID, branch: str, at: datetime) -> Self:
        """Put a use on record."""
        use = cls(id=id, copy_id=copy_id, book_id=book_id, branch=branch, used_at=at)
        use._record(
            InHouseUseRecorded(
                aggregate_id=id, occurred_at=at, copy_id=copy_id, book_id=book_id, branch=branch
            )
        )
        return use
