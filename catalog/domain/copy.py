"""The Copy: one physical thing that can be lent."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self
from uuid import UUID

from catalog.domain.barcode import Barcode
from shared_kernel.domain.aggregates import Aggregate
from shared_kernel.domain.errors import InvalidValue, NotFound, Refusal
from shared_kernel.domain.events import DomainEvent
from shared_kernel.domain.money import Money

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class Condition(StrEnum):
    """What may be done with a Copy, as far as the Copy itself is concerned. Only one in service is lent."""

    IN_SERVICE = "in_service"
    REFERENCE_ONLY = "reference_only"
    DAMAGED = "damaged"
    MISSING = "missing"
    WITHDRAWN = "withdrawn"


class CopyNotFound(NotFound):
    """There is no such Copy."""


class DuplicateBarcode(Refusal):
    """Another Copy has this barcode."""

    code = "duplicate_barcode"
    pointer = "/barcode"


class InvalidItemType(InvalidValue):
    """An item type has 1 to 40 characters of a-z 0-9 _ - and begins with a letter or a digit."""

    code = "invalid_item_type"
    pointer = "/item_type"


class InvalidPrice(InvalidValue):
    """A replacement price is not below zero."""

    code = "invalid_price"
    pointer = "/price"


class UnknownBranch(InvalidValue):
    """There is no branch with this code."""

    code = "unknown_branch"
    pointer = "/branch"


@dataclass(frozen=True, slots=True)
class ItemType:
    """The kind of a Copy, a lower-case slug such as “book” or “dvd”: the library makes up its own."""

    slug: str

    def __post_init__(self) -> None:
        if not _SLUG.fullmatch(self.slug):
            raise InvalidItemType


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyAdded(DomainEvent):
    """There is a Copy more of a Book. `item_type` is its slug, `branch` its home branch's code."""

    type: ClassVar[str] = "catalog.copy_added.v1"

    book_id: UUID
    barcode: str
    item_type: str
    branch: str
    condition: str


class Copy(Aggregate):
    """One physical thing that can be lent. `price` is what replacing it costs, if anybody has said."""

    def __init__(
        self,
        *,
        id: UUID,
        version: int = 0,
        book_id: UUID,
        barcode: Barcode,
        item_type: ItemType,
        branch: str,
        condition: Condition,
        price: Money | None,
    ) -> None:
        super().__init__(id=id, version=version)
        self.book_id = book_id
        self.barcode = barcode
        self.item_type = item_type
        self.branch = branch
        self.condition = condition
        self.price = price

    @classmethod
    def add(
        cls,
        *,
        id: UUID,
        book_id: UUID,
        barcode: Barcode | None = None,
        item_type: ItemType,
        branch: str,
        price: Money | None = None,
        at: datetime,
    ) -> Self:
        """A new Copy, in service; without a barcode it gets one made from its id. Raises InvalidPrice."""
        if price is not None and price.minor < 0:
            raise InvalidPrice
        copy = cls(
            id=id,
            book_id=book_id,
            barcode=barcode or Barcode.made_from(id),
            item_type=item_type,
            branch=branch,
            condition=Condition.IN_SERVICE,
            price=price,
        )
        copy._record(
            CopyAdded(
                aggregate_id=id,
                occurred_at=at,
                book_id=book_id,
                barcode=copy.barcode.text,
                item_type=item_type.slug,
                branch=branch,
                condition=copy.condition.value,
            )
        )
        return copy
