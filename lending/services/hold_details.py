"""The public shape of a hold."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Self
from uuid import UUID

from lending.domain.hold import Hold
from lending.domain.hold_queue import HoldQueue
from shared_kernel.services.bus import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldDetails(Result):
    """A hold. `position` counts from 1 for the next to be served and is null once the hold has ended.

    `copy` is a barcode. `patron` is null once an ended hold is anonymised with its loan.
    """

    id: UUID
    book: UUID
    patron: UUID | None
    copy: str | None
    state: str
    position: int | None
    pickup_branch: str | None
    pickup_deadline_at: datetime | None
    placed_at: datetime
    suspended: bool
    suspended_until: date | None

    @classmethod
    def of(cls, hold: Hold, *, book: UUID, position: int | None) -> Self:
        """The hold as it is now."""
        return cls(
            id=hold.id,
            book=book,
            patron=hold.patron_id,
            copy=hold.barcode,
            state=hold.state.value,
            position=position,
            pickup_branch=hold.pickup_branch,
            pickup_deadline_at=hold.pickup_deadline_at,
            placed_at=hold.placed_at,
            suspended=hold.suspended,
            suspended_until=hold.suspended_until,
        )

    @classmethod
    def in_queue(cls, queue: HoldQueue, hold: Hold) -> Self:
        """An active hold with its position in the queue."""
        return cls.of(hold, book=queue.book_id, position=queue.position_of(hold.id))
