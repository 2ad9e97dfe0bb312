"""Borrowings by month, and how popular they make a Book."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from math import log2
from uuid import UUID

from django.db.models import QuerySet, Sum

from catalog.models import BookRow, BorrowingCountRow
from catalog.services.search.indexing import POPULAR_FROM, reindex_rows
from outbox.unit_of_work import defer_write
from shared_kernel.sql.writes import insert

_DUE, _IN, _OUT = BorrowingCountRow.Reckoning.values
_SO_MANY_MORE = (
    "ON CONFLICT (book_id, month) DO UPDATE"
    f" SET count = {BorrowingCountRow._meta.db_table}.count + excluded.count, reckoning = '{_DUE}'"
)


class DjangoBorrowingCounts:
    """How often each Book was borrowed in each month."""

    def add_one(self, book: UUID, month: date) -> None:
        """Count one borrowing more, whoever else is counting."""
        defer_write(_add, (book, month))

    def recompute_popularity(self, *, since: date, at_most: int) -> int:
        """Reckon popularity from the months since then; going through counts in the order of their Books."""
        waiting = _chosen(BorrowingCountRow.objects.filter(reckoning=_DUE), at_most)
        waiting += _chosen(
            BorrowingCountRow.objects.filter(reckoning=_IN, month__lt=since), at_most - len(waiting)
        )
        _update({row.book_id for row in waiting}, since)
        reckoned = BorrowingCountRow.objects.filter(pk__in=[row.pk for row in waiting])
        reckoned.filter(month__gte=since).update(reckoning=_IN)
        reckoned.filter(month__lt=since).update(reckoning=_OUT)
        return len(waiting)


def _add(borrowings: list[tuple[UUID, date]]) -> None:
    # In the order of the Books: who counts the same ones at this moment waits for them in turn.
    counts = sorted(Counter(borrowings).items())
    rows = [
        {"book_id": book, "month": month, "count": count, "reckoning": _DUE}
        for (book, month), count in counts
    ]
    insert(BorrowingCountRow, *rows, on_conflict=_SO_MANY_MORE)


def popularity(borrowings: int) -> int:
    """100 more for each time that a Book is borrowed twice as often; 0 where it never is."""
    return round(100 * log2(1 + borrowings))


def _chosen(rows: QuerySet[BorrowingCountRow], at_most: int) -> list[BorrowingCountRow]:
    return list(rows.order_by("book_id").select_for_update(skip_locked=True)[:at_most])


def _update(books: Iterable[UUID], since: date) -> None:
    counted = BorrowingCountRow.objects.filter(book__in=books, month__gte=since).order_by()
    sums = dict(counted.values_list("book_id").annotate(Sum("count")))
    marks_changed: list[UUID] = []
    for row in BookRow.objects.filter(id__in=books).only("popularity").order_by("id").select_for_update():
        reckoned = popularity(sums.get(row.id, 0))
        if reckoned != row.popularity:
            BookRow.objects.filter(id=row.id).update(popularity=reckoned)
            if (reckoned >= POPULAR_FROM) != (row.popularity >= POPULAR_FROM):
                marks_changed.append(row.id)
    reindex_rows(marks_changed)
