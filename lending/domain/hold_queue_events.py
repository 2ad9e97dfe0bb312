"""Events of holds. The aggregate is the book's queue; `hold_id` identifies the hold."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared_kernel.domain.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEvent(DomainEvent):
    """The fields of every hold event. `book_title` is as it was at the time, for notices."""

    hold_id: UUID
    book_id: UUID
    patron_id: UUID
    book_title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPlaced(HoldEvent):
    """A hold was placed."""

    type: ClassVar[str] = "lending.hold_placed.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldAllocated(HoldEvent):
    """A copy on the shelf was set aside for the hold; staff have to pick it."""

    type: ClassVar[str] = "lending.hold_allocated.v1"

    copy_id: UUID
    barcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReady(HoldEvent):
    """A copy lies on the hold shelf of the branch until the deadline."""

    type: ClassVar[str] = "lending.hold_ready.v1"

    copy_id: UUID
    barcode: str
    pickup_branch: str
    pickup_deadline_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldDeadlineChanged(HoldEvent):
    """The library moved the deadline of a ready hold, because the branch is closed on it."""

    type: ClassVar[str] = "lending.hold_deadline_changed.v1"

    copy_id: UUID
    barcode: str
    pickup_branch: str
    previous_deadline_at: datetime
    pickup_deadline_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFulfilled(HoldEvent):
    """The patron borrowed a copy of the book."""

    type: ClassVar[str] = "lending.hold_fulfilled.v1"

    loan_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldCancelled(HoldEvent):
    """The hold was cancelled."""

    type: ClassVar[str] = "lending.hold_cancelled.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldExpired(HoldEvent):
    """Nobody picked the copy up in time."""

    type: ClassVar[str] = "lending.hold_expired.v1"

    pickup_deadline_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldSuspended(HoldEvent):
    """The hold was suspended: it keeps its place but gets no copy before `until` (None: until resumed)."""

    type: ClassVar[str] = "lending.hold_suspended.v1"

    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldResumed(HoldEvent):
    """The hold was resumed."""

    type: ClassVar[str] = "lending.hold_resumed.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldMoved(HoldEvent):
    """Staff gave the hold another place in the queue (1 is the next to be served)."""

    type: ClassVar[str] = "lending.hold_moved.v1"

    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldBecameFirst(HoldEvent):
    """The hold is the first unsuspended one that waits for a copy; recorded once for each hold.

    `has_advanced` is false if it was the first as soon as it was placed.
    """

    type: ClassVar[str] = "lending.hold_became_first.v1"

    has_advanced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldUnallocated(HoldEvent):
    """The allocated copy is not available after all; the hold waits again in its old place."""

    type: ClassVar[str] = "lending.hold_unallocated.v1"

    copy_id: UUID
    barcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldCopyNotFound(HoldEvent):
    """Staff could not find the allocated copy; the hold waits again in its old place."""

    type: ClassVar[str] = "lending.hold_copy_not_found.v1"

    copy_id: UUID
    barcode: str
