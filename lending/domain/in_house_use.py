"""In-house use: a copy that was not on loan is scanned at the return desk."""

from datetime import datetime, timedelta
from typing import Final, Self
from uuid import UUID

from lending.domain.in_house_use_events import InHouseUseRecorded
from shared_kernel.domain.aggregates import Aggregate

#: A copy scanned again this soon was scanned twice, not used in between.
SECOND_SCAN_WITHIN: Final = timedelta(minutes=15)


class InHouseUse(Aggregate):
    """One in-house use of a copy, at an aware instant in UTC."""

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
        """Record an in-house use."""
        use = cls(id=id, copy_id=copy_id, book_id=book_id, branch=branch, used_at=at)
        use._record(
            InHouseUseRecorded(
                aggregate_id=id, occurred_at=at, copy_id=copy_id, book_id=book_id, branch=branch
            )
        )
        return use
