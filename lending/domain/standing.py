"""Patrons and copies from the point of view of lending."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block on a patron; `until` is its last day, None means without end (a suspension)."""

    reason: str
    until: date | None


def age_on(day: date, *, birth_date: date) -> int:
    """The age in years on that day of somebody born on `birth_date`.

    Whoever was born on 29 February is a year older on 1 March in years without that day.
    """
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerStanding:
    """A patron as lending sees one.

    `expires_on` is the membership's last day, None where it never ends; `birth_date` None is unknown.
    """

    id: UUID
    card: str
    category: str
    home_branch: str | None
    expires_on: date | None
    blocks: tuple[Block, ...]
    birth_date: date | None = None

    def age_on(self, day: date) -> int | None:
        """The patron's age in years on that day; None without a birth date."""
        return age_on(day, birth_date=self.birth_date) if self.birth_date else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CirculatingCopy:
    """A copy as lending sees one. `lendable` is catalog's condition, translated; `condition` is for people.

    `in_reach` is false for a copy that nobody could hand over, such as a missing one. `price` is what
    replacing it costs, in the library's currency; None where nobody knows.
    """

    id: UUID
    barcode: str
    book_id: UUID
    book_title: str
    item_type: str
    branch: str
    lendable: bool
    in_reach: bool
    condition: str
    price: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLoan:
    """What the policies need to know about a loan that has not ended.

    A `lost` one is no reason against another loan; what is owed for it may be.
    """

    id: UUID
    copy_id: UUID
    book_id: UUID
    item_type: str
    due_at: datetime
    overdue: bool
    lost: bool = False
