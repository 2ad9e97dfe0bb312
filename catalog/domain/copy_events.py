"""The events of a Copy."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from shared_kernel.domain.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyAdded(DomainEvent):
    """A Copy of a Book was added. `item_type` is a slug, `branch` the code of its home branch."""

    type: ClassVar[str] = "catalog.copy_added.v1"

    book_id: UUID
    copy_id: UUID
    barcode: str
    item_type: str
    branch: str
    condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyConditionChanged(DomainEvent):
    """The condition of a Copy changed, or the reason for it. The reason is left out: it may name people."""

    type: ClassVar[str] = "catalog.copy_condition_changed.v1"

    book_id: UUID
    copy_id: UUID
    barcode: str
    condition: str
    previous_condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRemoved(DomainEvent):
    """A Copy was removed."""

    type: ClassVar[str] = "catalog.copy_removed.v1"

    book_id: UUID
    copy_id: UUID
    barcode: str
