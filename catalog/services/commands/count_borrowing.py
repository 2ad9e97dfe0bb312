"""A borrowing is counted: popularity, and use of the collection."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from catalog.services.ports import CatalogWork
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
