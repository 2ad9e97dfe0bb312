"""Events of branches and their calendars."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from shared_kernel.domain.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchAdded(DomainEvent):
    """A branch was added."""

    type: ClassVar[str] = "lending.branch_added.v1"

    code: str
    time_zone: str
    closed_weekdays: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureAdded(DomainEvent):
    """A closure was added; both days are included."""

    type: ClassVar[str] = "lending.closure_added.v1"

    code: str
    closure_id: UUID
    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureRemoved(DomainEvent):
    """A closure was removed. Due dates that it moved stay where they are."""

    type: ClassVar[str] = "lending.closure_removed.v1"

    code: str
    closure_id: UUID
    first_on: date
    last_on: date
