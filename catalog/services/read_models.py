"""Read models: Books with their availability, Copies with their state."""

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.lookups import IsNull

from catalog.domain.copy import Condition
from catalog.models import BookRow, CopyRow
from catalog.services.book_details import Availability, BookDetails
from catalog.services.copy_details import CopyDetails
from catalog.services.ports import CirculationFacts
from catalog.services.prices import stored_price
from shared_kernel.sql import ArrayParam, CompiledQuery

BOOK = ("id", "title", "authors", "isbns", "year", "language", "publisher", "subjects", "version")
"""The columns that an answered Book needs."""

COPY = ("id", "barcode", "book_id", "item_type", "branch", "condition", "price_minor", "price_currency")
"""The columns that an answered Copy needs."""


def book_rows(ids: Collection[UUID]) -> list[dict[str, Any]]:
    """The rows of these Books, for `book_details`, in no particular order."""
    return [dict(zip(BOOK, row, strict=True)) for row in _books(id=ids)] if ids else []


_books: CompiledQuery[tuple[Any, ...]] = CompiledQuery(
    lambda: BookRow.objects.filter(id__in=ArrayParam(BookRow, "id")).order_by().values_list(*BOOK)
)


def has_free_copy(circulation: CirculationFacts) -> Q:
    """That a copy of the Book of a query's row stands on the shelf, to be had.

    A plain EXISTS would let PostgreSQL join all copies of the library first, however few Books are asked for.
    """
    free = CopyRow.objects.filter(
        ~circulation.copy_is_busy(), condition=Condition.IN_SERVICE, book=OuterRef("pk")
    )
    return Q(IsNull(Subquery(free.values("pk")[:1]), False))


def book_details(rows: list[dict[str, Any]], circulation: CirculationFacts) -> list[BookDetails]:
    """The Books of these rows, by two SQL queries."""
    if not rows:
        return []
    ids = [row["id"] for row in rows]
    stock, waiting = stock_of_books(ids, circulation), circulation.holds_waiting(ids)
    return [
        BookDetails(
            id=row["id"],
            title=row["title"],
            authors=tuple(row["authors"]),
            isbn=next(iter(row["isbns"]), None),
            year=row["year"],
            language=row["language"] or None,
            publisher=row["publisher"] or None,
            subjects=tuple(row["subjects"]),
            version=row["version"],
            availability=Availability(**stock[row["id"]], holds_waiting=waiting.get(row["id"], 0)),
        )
        for row in rows
    ]


def stock_of_books(books: Collection[UUID], circulation: CirculationFacts) -> Mapping[UUID, dict[str, int]]:
    """How many copies each of these Books has, how many of them can be lent, and now; by one SQL query."""
    stock = {book: {"copies": 0, "lendable": 0, "available": 0} for book in books}
    for book, copies, lendable, available in _stock(circulation.copy_is_busy)(book_id=books):
        stock[book] = {"copies": copies, "lendable": lendable, "available": available}
    return stock


@cache
def _stock(is_busy: Callable[[], Any]) -> CompiledQuery[tuple[UUID, int, int, int]]:
    lendable = Q(condition=Condition.IN_SERVICE)
    available = lendable & ~is_busy()
    return CompiledQuery(
        lambda: (
            CopyRow.objects.filter(book__in=ArrayParam(CopyRow, "book_id"))
            .exclude(condition=Condition.WITHDRAWN)
            .order_by()
            .values_list("book_id")
            .annotate(Count("id"), lendable=Count("id", filter=lendable), free=Count("id", filter=available))
        )
    )


def copy_details(rows: list[dict[str, Any]], circulation: CirculationFacts) -> list[CopyDetails]:
    """The Copies of these rows, by one SQL query."""
    states = circulation.states_of([row["id"] for row in rows])
    return [
        CopyDetails(
            id=row["id"],
            barcode=row["barcode"],
            book=row["book_id"],
            item_type=row["item_type"],
            branch=row["branch"],
            condition=row["condition"],
            price=stored_price(row["price_minor"], row["price_currency"]),
            state=states.get(
                row["id"], "free" if row["condition"] == Condition.IN_SERVICE else "out_of_service"
            ),
        )
        for row in rows
    ]
