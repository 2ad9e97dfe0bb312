"""The events of a Copy."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from shared_kernel.domain.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyAdded(DomainEvent):
    """There is a Copy more of a Book. `item_type` is its slug, `branch` its home branch's code."""

    type: ClassVar[str] = "catalog.copy_added.v1"

    book_id: UUID
    copy_id: UUID
    barcode: str
    item_type: str
    branch: str
    condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyConditionChanged(DomainEvent):
    """What may be done with a Copy has changed, or why. The reason stays here: it may speak of people."""

    type: ClassVar[str] = "catalog.copy_condition_changed.v1"

    book_id: UUID
    copy_id: UUID
    barcode: str
    condition: str
    previous_condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRemoved(DomainEvent):
    """A Copy has left the catalogue."""

    type: ClassVar[str] = "catalog.copy_removed.v1"

    book_id: UUID
    copy_id: UUID
    barcode: str
