"""The Copy: one physical thing that can be lent."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from catalog.domain.barcode import Barcode
from catalog.domain.copy_events import CopyAdded, CopyConditionChanged, CopyRemoved
from catalog.domain.text import one_line
from shared_kernel.domain.aggregates import Aggregate
from shared_kernel.domain.errors import InvalidValue, NotFound, Refusal
from shared_kernel.domain.money import Money
from shared_kernel.domain.text import ReasonRequired, has_visible_text

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
LONGEST_REASON = 500


class Condition(StrEnum):
    """The condition of a Copy. Only Copies in service are lent."""

    IN_SERVICE = "in_service"
    REFERENCE_ONLY = "reference_only"
    DAMAGED = "damaged"
    MISSING = "missing"
    WITHDRAWN = "withdrawn"

    @classmethod
    def parse(cls, name: str) -> "Condition":
        """The condition of this name. Raises InvalidCondition."""
        try:
            return cls(name)
        except ValueError:
            raise InvalidCondition from None


class CopyNotFound(NotFound):
    message = "No copy has this id or barcode."


class DuplicateBarcode(Refusal):
    code = "duplicate_barcode"
    message = "Another copy has this barcode."
    pointer = "/barcode"


class InvalidItemType(InvalidValue):
    code = "invalid_item_type"
    message = "An item type has 1 to 40 characters (a-z, 0-9, _ and -) and starts with a letter or digit."
    pointer = "/item_type"


class InvalidPrice(InvalidValue):
    code = "invalid_price"
    message = "A replacement price can't be negative."
    pointer = "/price"


class InvalidCondition(InvalidValue):
    code = "invalid_condition"
    message = "A copy is in service, reference only, damaged, missing or withdrawn."
    pointer = "/condition"


class InvalidReason(InvalidValue):
    code = "invalid_reason"
    message = "A reason is one line of 1 to 500 visible characters."
    pointer = "/reason"


class UnknownBranch(InvalidValue):
    code = "unknown_branch"
    message = "There is no branch with the code “{branch}”."
    pointer = "/branch"


@dataclass(frozen=True, slots=True)
class ItemType:
    """The kind of a Copy: a lower-case slug such as “book” or “dvd”, chosen by the library."""

    slug: str

    def __post_init__(self) -> None:
        if not _SLUG.fullmatch(self.slug):
            raise InvalidItemType


class Copy(Aggregate):
    """One physical thing that can be lent. `price` is the replacement price, if known.

    `reason` explains the condition to staff.
    """

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
        reason: str = "",
        price: Money | None,
    ) -> None:
        super().__init__(id=id, version=version)
        self.book_id = book_id
        self.barcode = barcode
        self.item_type = item_type
        self.branch = branch
        self.condition = condition
        self.reason = reason
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
        """A new Copy, in service. Without a barcode it gets one derived from its id. Raises InvalidPrice."""
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
                copy_id=id,
                barcode=copy.barcode.text,
                item_type=item_type.slug,
                branch=branch,
                condition=copy.condition.value,
            )
        )
        return copy

    def change_condition(self, condition: Condition, *, reason: str, at: datetime) -> bool:
        """Change the condition; whether that changed anything.

        Raises InvalidReason, and ReasonRequired if it is taken out of service without one.
        """
        visible = has_visible_text(reason)
        if not visible and condition is not Condition.IN_SERVICE:
            raise ReasonRequired
        reason = one_line(reason, longest=LONGEST_REASON, refusal=InvalidReason) if visible else ""
        if (condition, reason) == (self.condition, self.reason):
            return False
        previous, self.condition, self.reason = self.condition, condition, reason
        self._record(
            CopyConditionChanged(
                aggregate_id=self.id,
                occurred_at=at,
                book_id=self.book_id,
                copy_id=self.id,
                barcode=self.barcode.text,
                condition=condition.value,
                previous_condition=previous.value,
            )
        )
        return True

    def remove(self, *, at: datetime) -> None:
        """Remove the Copy. The caller checks that nobody has it."""
        self._record(
            CopyRemoved(
                aggregate_id=self.id,
                occurred_at=at,
                book_id=self.book_id,
                copy_id=self.id,
                barcode=self.barcode.text,
            )
        )
