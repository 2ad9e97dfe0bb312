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

#: The Book's popularity is out of date, includes this month, or leaves it out since it is too old.
_OUTDATED, _COUNTED, _LEFT_OUT = BorrowingCountRow.Reckoning.values
_ADD_TO_COUNT = (
    "ON CONFLICT (book_id, month) DO UPDATE"
    f" SET count = {BorrowingCountRow._meta.db_table}.count + excluded.count, reckoning = '{_OUTDATED}'"
)


class DjangoBorrowingCounts:
    """How often each Book was borrowed in each month."""

    def add_one(self, book: UUID, month: date) -> None:
        """Count one more borrowing. Safe while other transactions count the same Book."""
        defer_write(_add, (book, month))

    def recompute_popularity(self, *, since: date, at_most: int) -> int:
        """Recompute popularity from the months since then, for at most so many outdated counts."""
        waiting = _chosen(BorrowingCountRow.objects.filter(reckoning=_OUTDATED), at_most)
        waiting += _chosen(
            BorrowingCountRow.objects.filter(reckoning=_COUNTED, month__lt=since), at_most - len(waiting)
        )
        _update({row.book_id for row in waiting}, since)
        computed = BorrowingCountRow.objects.filter(pk__in=[row.pk for row in waiting])
        computed.filter(month__gte=since).update(reckoning=_COUNTED)
        computed.filter(month__lt=since).update(reckoning=_LEFT_OUT)
        return len(waiting)


def _add(borrowings: list[tuple[UUID, date]]) -> None:
    # Sorted, so that concurrent transactions lock the rows in the same order and can't deadlock.
    counts = sorted(Counter(borrowings).items())
    rows = [
        {"book_id": book, "month": month, "count": count, "reckoning": _OUTDATED}
        for (book, month), count in counts
    ]
    insert(BorrowingCountRow, *rows, on_conflict=_ADD_TO_COUNT)


def popularity(borrowings: int) -> int:
    """0 for a Book that was never borrowed; 100 more each time the number of borrowings doubles."""
    return round(100 * log2(1 + borrowings))


def _chosen(rows: QuerySet[BorrowingCountRow], at_most: int) -> list[BorrowingCountRow]:
    return list(rows.order_by("book_id").select_for_update(skip_locked=True)[:at_most])


def _update(books: Iterable[UUID], since: date) -> None:
    counted = BorrowingCountRow.objects.filter(book__in=books, month__gte=since).order_by()
    sums = dict(counted.values_list("book_id").annotate(Sum("count")))
    marks_changed: list[UUID] = []
    for row in BookRow.objects.filter(id__in=books).only("popularity").order_by("id").select_for_update():
        score = popularity(sums.get(row.id, 0))
        if score != row.popularity:
            BookRow.objects.filter(id=row.id).update(popularity=score)
            if (score >= POPULAR_FROM) != (row.popularity >= POPULAR_FROM):
                marks_changed.append(row.id)
    reindex_rows(marks_changed)
