"""Count borrowings by month, and compute the popularity of Books from them."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from catalog.services.ports import CatalogWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class CountBorrowing(Command[None]):
    """Count a borrowing of a Book. `month` is the first day of its month in UTC."""

    audited: ClassVar[bool] = False

    book: UUID
    month: date


def count_borrowing(command: CountBorrowing, work: CatalogWork) -> None:
    """Count it, even if the Book has been removed since."""
    work.borrowings.add_one(command.book, command.month)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecomputePopularity(Command[int]):
    """Recompute the popularity of Books with new borrowings, or with borrowings that are now over a year old.

    `at_most` limits the counts that are processed; the result is how many were.
    """

    audited: ClassVar[bool] = False

    at_most: int = 500


def recompute_popularity(command: RecomputePopularity, work: CatalogWork, *, clock: Clock) -> int:
    """Count the borrowings of the current month and the eleven before it."""
    this_month = clock.now().date().replace(day=1)
    return work.borrowings.recompute_popularity(since=_year_before(this_month), at_most=command.at_most)


def _year_before(month: date) -> date:
    return date(month.year, 1, 1) if month.month == 12 else date(month.year - 1, month.month + 1, 1)
