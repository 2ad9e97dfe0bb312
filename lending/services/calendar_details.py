"""The public shapes of branches, closures and their previews."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self
from uuid import UUID

import msgspec

from lending.domain.branch_calendar import BranchCalendar, Closure
from shared_kernel.services.bus import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchDetails(Result):
    """A branch. `closed_weekdays` counts from Monday 0."""

    code: str
    name: str
    time_zone: str
    closed_weekdays: Sequence[int]

    @classmethod
    def of(cls, branch: BranchCalendar) -> Self:
        """A branch as it stands."""
        return cls(
            code=branch.code,
            name=branch.name,
            time_zone=branch.time_zone.key,
            closed_weekdays=sorted(branch.closed_weekdays),
        )


# No dataclass can have a field called `from`, which is the public name of the first day.
class ClosureDetails(
    Result, msgspec.Struct, frozen=True, kw_only=True, rename={"first_on": "from", "last_on": "to"}
):
    """Days on which a branch is closed, both included."""

    id: UUID
    branch: str
    first_on: date
    last_on: date
    reason: str

    @classmethod
    def of(cls, closure: Closure, *, branch: str) -> Self:
        """A closure of the branch with this code."""
        return cls(
            id=closure.id,
            branch=branch,
            first_on=closure.first_on,
            last_on=closure.last_on,
            reason=closure.reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RedatedLoan(Result):
    """A loan whose due date a closure would move."""

    id: UUID
    copy_barcode: str
    title: str
    due_at: datetime
    new_due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RedatedHold(Result):
    """A ready hold whose pickup deadline a closure would move."""

    id: UUID
    title: str
    pickup_deadline_at: datetime
    new_pickup_deadline_at: datetime


class ClosurePreview(
    Result, msgspec.Struct, frozen=True, kw_only=True, rename={"first_on": "from", "last_on": "to"}
):
    """What a closure would do: how many open loans and ready holds it would move, and the first of them."""

    branch: str
    first_on: date
    last_on: date
    loans: int
    holds: int
    loan_examples: Sequence[RedatedLoan]
    hold_examples: Sequence[RedatedHold]
