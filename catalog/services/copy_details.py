"""A Copy as commands and queries answer with it."""

from dataclasses import dataclass
from typing import Literal, Self
from uuid import UUID

from catalog.domain.copy import Condition, Copy
from shared_kernel.domain.money import Money
from shared_kernel.services.bus import Result

CopyState = Literal["free", "lent", "held", "out_of_service"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyDetails(Result):
    """A Copy. `price` is that of replacing it; `state` says whether it stands on the shelf."""

    id: UUID
    barcode: str
    book: UUID
    item_type: str
    branch: str
    condition: str
    price: Money | None
    state: CopyState

    @classmethod
    def of(cls, copy: Copy, *, state: Literal["lent", "held"] | None = None) -> Self:
        """The Copy as it is in this unit of work; nobody has it unless `state` says so."""
        return cls(
            id=copy.id,
            barcode=copy.barcode.text,
            book=copy.book_id,
            item_type=copy.item_type.slug,
            branch=copy.branch,
            condition=copy.condition.value,
            price=copy.price,
            state=state or ("free" if copy.condition is Condition.IN_SERVICE else "out_of_service"),
        )
