"""What of the collection is used most: for the first page of the administration."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Sum

from catalog.domain.import_states import ImportState
from catalog.models import BookRow, BorrowingCountRow, ImportRow
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Query, Result

_MOST: Final = 10
_COUNTED: Final = (BorrowingCountRow.Reckoning.DUE, BorrowingCountRow.Reckoning.IN)
_GOING_ON: Final = (ImportState.QUEUED, ImportState.RUNNING, ImportState.REVERTING)


@dataclass(frozen=True, slots=True, kw_only=True)
class PopularBook(Result):
    """A Book, and how often it was borrowed in this month and the last."""

    book: UUID
    title: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionSummary(Result):
    """The ten Books borrowed most in this month and the last, and how many imports are going on."""

    most_borrowed: Sequence[PopularBook]
    imports_going_on: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionStats(Query[CollectionSummary]):
    """What of the collection is used most?"""


def collection_stats(_query: CollectionStats, *, clock: Clock) -> CollectionSummary:
    """The figures, by three SQL queries. Books that have gone are left out."""
    this = clock.now().date().replace(day=1)
    last = (
        this.replace(year=this.year - 1, month=12) if this.month == 1 else this.replace(month=this.month - 1)
    )
    counted = BorrowingCountRow.objects.filter(
        reckoning__in=_COUNTED, month__gte=last, book__title__isnull=False
    )
    totals = counted.order_by().values("book_id").annotate(total=Sum("count")).order_by("-total", "book_id")
    most = list(totals.values_list("book_id", "total")[:_MOST])
    titles = dict(BookRow.objects.filter(id__in=[book for book, _ in most]).values_list("id", "title"))
    return CollectionSummary(
        most_borrowed=[PopularBook(book=book, title=titles[book], count=total) for book, total in most],
        imports_going_on=ImportRow.objects.filter(state__in=_GOING_ON).count(),
    )
