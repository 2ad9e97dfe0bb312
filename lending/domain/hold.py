"""A hold: a patron's request for a copy of a book."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class HoldState(StrEnum):
    """Waiting for a copy, allocated one on the shelf, ready for pickup, or ended."""

    WAITING = "waiting"
    ALLOCATED = "allocated"
    READY = "ready"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


ACTIVE_STATES = frozenset({HoldState.WAITING, HoldState.ALLOCATED, HoldState.READY})


@dataclass(slots=True, kw_only=True)
class Hold:
    """One patron's place in a book's queue. It changes only through its queue.

    `wanted_copy` is set where only that copy will do; `copy_id` and `barcode` name the copy that serves the
    hold once one does. `suspended_until` is the first day on which a suspended hold takes part again, in the
    pickup branch's time; a suspension without end has no such day. `became_first` says whether it was ever
    the first in the queue.
    """

    id: UUID
    patron_id: UUID
    placed_at: datetime
    pickup_branch: str | None
    wanted_copy: UUID | None = None
    state: HoldState = HoldState.WAITING
    copy_id: UUID | None = None
    barcode: str | None = None
    pickup_deadline_at: datetime | None = None
    suspended: bool = False
    suspended_until: date | None = None
    became_first: bool = False

    @property
    def is_active(self) -> bool:
        """Whether the hold has not ended."""
        return self.state in ACTIVE_STATES

    @property
    def has_copy(self) -> bool:
        """Whether a copy is set aside for it: then it can't be moved or suspended."""
        return self.state in {HoldState.ALLOCATED, HoldState.READY}

    @property
    def takes_part(self) -> bool:
        """Whether it waits for a copy and isn't suspended."""
        return self.state is HoldState.WAITING and not self.suspended

    def can_be_filled_by(self, copy_id: UUID) -> bool:
        """Whether this copy can be allocated to the hold."""
        return self.takes_part and self.wanted_copy in {None, copy_id}
