"""Read models: Books with their availability, Copies with their state."""

from collections.abc import Collection
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.db.models.lookups import IsNull

from catalog.domain.copy import Condition
from catalog.models import BookRow, CopyRow
from catalog.services.book_details import Availability, BookDetails
from catalog.services.copy_details import CopyDetails
from catalog.services.ports import CirculationFacts
from catalog.services.prices import stored_price
from shared_kernel.sql.queries import ArrayParam, CompiledQuery

BOOK = (
    *("id", "title", "authors", "isbns", "year", "language", "publisher", "subjects", "version"),
    *("stock", "holds_waiting"),
)
"""The columns of `books_with_stock` that an answered Book needs."""

COPY = ("id", "barcode", "book_id", "item_type", "branch", "condition", "price_minor", "price_currency")
"""The columns that an answered Copy needs."""


def books_with_stock(circulation: CirculationFacts) -> "QuerySet[BookRow]":
    """The Books, each with the numbers of its copies and of the holds that wait for it."""
    lendable = Q(condition=Condition.IN_SERVICE)
    copies = CopyRow.objects.filter(book=OuterRef("pk")).exclude(condition=Condition.WITHDRAWN).order_by()
    numbers = JSONObject(
        copies=Count("id"),
        lendable=Count("id", filter=lendable),
        available=Count("id", filter=lendable & ~circulation.copy_is_busy()),
    )
    return BookRow.objects.annotate(
        stock=Subquery(copies.values("book_id").annotate(numbers=numbers).values("numbers")),
        holds_waiting=circulation.holds_waiting_for_row(),
    )


def book_rows(ids: Collection[UUID], circulation: CirculationFacts) -> list[dict[str, Any]]:
    """The rows of these Books, for `book_details`, in no particular order. One SQL query."""
    return [dict(zip(BOOK, row, strict=True)) for row in _books(circulation)(id=ids)] if ids else []


@cache
def _books(circulation: CirculationFacts) -> CompiledQuery[tuple[Any, ...]]:
    def query() -> "QuerySet[BookRow, tuple[Any, ...]]":
        books = books_with_stock(circulation).filter(id__in=ArrayParam(BookRow, "id"))
        return books.order_by().values_list(*BOOK)

    return CompiledQuery(query)


def has_free_copy(circulation: CirculationFacts) -> Q:
    """That a copy of the Book of a query's row stands on the shelf, to be had.

    A plain EXISTS would let PostgreSQL join all copies of the library first, however few Books are asked for.
    """
    free = CopyRow.objects.filter(
        ~circulation.copy_is_busy(), condition=Condition.IN_SERVICE, book=OuterRef("pk")
    )
    return Q(IsNull(Subquery(free.values("pk")[:1]), False))


def book_details(rows: list[dict[str, Any]]) -> list[BookDetails]:
    """The Books of rows with the columns BOOK."""
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
            availability=Availability(
                **(row["stock"] or _NO_COPIES), holds_waiting=row["holds_waiting"] or 0
            ),
        )
        for row in rows
    ]


_NO_COPIES = {"copies": 0, "lendable": 0, "available": 0}


def books_with_free_copies(books: Collection[UUID], circulation: CirculationFacts) -> set[UUID]:
    """Which of these Books have a copy on the shelf, to be had. One SQL query."""
    return {book for (book,) in _free(circulation)(id=books)}


@cache
def _free(circulation: CirculationFacts) -> CompiledQuery[tuple[UUID]]:
    def query() -> "QuerySet[BookRow, tuple[UUID]]":
        books = BookRow.objects.filter(has_free_copy(circulation), id__in=ArrayParam(BookRow, "id"))
        return books.order_by().values_list("id")

    return CompiledQuery(query)


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
