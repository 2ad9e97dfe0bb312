"""Borrowings are counted: use of the collection, and from it popularity."""

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
    """One more. It is counted also where the Book has gone meanwhile: it was borrowed all the same."""
    work.borrowings.add_one(command.book, command.month)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecomputePopularity(Command[int]):
    """Reckon anew how popular Books are whose borrowings were counted, or are longer than a year ago.

    `at_most` bounds how many counts are gone through; the answer is how many were.
    """

    audited: ClassVar[bool] = False

    at_most: int = 500


def recompute_popularity(command: RecomputePopularity, work: CatalogWork, *, clock: Clock) -> int:
    """The month that has begun and the eleven before it count."""
    this_month = clock.now().date().replace(day=1)
    return work.borrowings.recompute_popularity(since=_year_before(this_month), at_most=command.at_most)


def _year_before(month: date) -> date:
    return date(month.year, 1, 1) if month.month == 12 else date(month.year - 1, month.month + 1, 1)
