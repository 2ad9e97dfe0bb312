"""Events of in-house use."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from shared_kernel.domain.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class InHouseUseRecorded(DomainEvent):
    """A copy that was not on loan was used in a branch."""

    type: ClassVar[str] = "lending.in_house_use_recorded.v1"

    copy_id: UUID
    book_id: UUID
    branch: str
