"""What other contexts may ask the catalogue: frozen facts, each function one SQL query."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from catalog.domain.barcode import Barcode, InvalidBarcode
from catalog.domain.copy import Condition
from catalog.models import BookRow, BorrowingCountRow, CopyRow
from catalog.services.prices import stored_price
from shared_kernel.domain.money import Money
from shared_kernel.sql.queries import CompiledQuery, Param


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFacts:
    """A Copy and its Book's title. `branch` is the home branch's code, `price` that of replacing it."""

    id: UUID
    barcode: str
    book_id: UUID
    title: str
    item_type: str
    branch: str
    condition: str
    price: Money | None


def copy_by_barcode(barcode: str, *, lock: bool = False) -> CopyFacts | None:
    """The Copy under this barcode, if there is one; a text that can't be a barcode has none.

    `lock` keeps the Copy as it is, its condition included, until the open transaction ends.
    """
    try:
        scanned = Barcode(barcode)
    except InvalidBarcode:
        return None
    found = _by_barcode_locked if lock else _by_barcode
    return next(iter(_facts(found(barcode=scanned.text))), None)


def copies_by_id(ids: Collection[UUID]) -> dict[UUID, CopyFacts]:
    """The Copies with these ids, by id; those that nobody knows are left out."""
    return {copy.id: copy for copy in _facts(_columns(CopyRow.objects.filter(id__in=ids)))}


def copies_of_book(book_id: UUID) -> list[CopyFacts]:
    """The Copies of a Book whatever their condition, in the order of their barcodes."""
    return _facts(_columns(CopyRow.objects.filter(book_id=book_id).order_by("barcode")))


def titles_of_books(ids: Collection[UUID]) -> dict[UUID, str]:
    """What the Books with these ids are called, by id; those that nobody knows are left out."""
    return dict(BookRow.objects.filter(id__in=ids).values_list("id", "title"))


def known_books() -> "QuerySet[BookRow]":
    """All Books, lazily, for a subquery by their `id`."""
    return BookRow.objects.order_by()


def known_copies(*, condition: str | None = None) -> "QuerySet[CopyRow]":
    """All Copies in this condition (None: all but the withdrawn ones), lazily, for a subquery."""
    rows = CopyRow.objects.order_by()
    return rows.filter(condition=condition) if condition else rows.exclude(condition=Condition.WITHDRAWN)


def books_having(*, branch: str | None = None, item_type: str | None = None) -> "QuerySet[CopyRow, UUID]":
    """The ids of the Books with such a Copy (None: any), as a subquery: no cost until it is used."""
    wanted = {"branch": branch, "item_type": item_type}
    rows = CopyRow.objects.filter(**{name: value for name, value in wanted.items() if value is not None})
    return rows.order_by().values_list("book_id", flat=True)


def _columns(rows: QuerySet[CopyRow]) -> "QuerySet[CopyRow, tuple[Any, ...]]":  # as the columns are
    return rows.values_list(
        "id",
        "barcode",
        "book_id",
        "book__title",
        "item_type",
        "branch",
        "condition",
        "price_minor",
        "price_currency",
    )


def _facts(rows: Iterable[tuple[Any, ...]]) -> list[CopyFacts]:  # see _columns
    return [
        CopyFacts(
            id=copy_id,
            barcode=barcode,
            book_id=book_id,
            title=title,
            item_type=item_type,
            branch=branch,
            condition=condition,
            price=stored_price(minor, currency),
        )
        for copy_id, barcode, book_id, title, item_type, branch, condition, minor, currency in rows
    ]


def most_borrowed(*, first_month: date, last_month: date, limit: int) -> list[tuple[UUID, str | None, int]]:
    """The Books borrowed most often in these months of UTC, both included: id, title and how often.

    The title is None for a Book that is not in the catalogue any more.
    """
    counted = BorrowingCountRow.objects.filter(month__gte=first_month, month__lte=last_month).order_by()
    summed = counted.values("book_id").annotate(borrowings=Sum("count")).order_by("-borrowings", "book_id")
    rows = list(summed.values_list("book_id", "borrowings")[:limit])
    titles = titles_of_books([book for book, _ in rows])
    return [(book, titles.get(book), borrowings) for book, borrowings in rows]


def _with_barcode() -> "QuerySet[CopyRow, tuple[Any, ...]]":  # see _columns
    return _columns(CopyRow.objects.filter(barcode=Param(CopyRow, "barcode")).order_by())


_by_barcode, _by_barcode_locked = CompiledQuery(_with_barcode), CompiledQuery(_with_barcode, hold=CopyRow)
