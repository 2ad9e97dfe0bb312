"""Rows as answers: Books with what there is of each, Copies with their state."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from catalog.domain.copy import Condition
from catalog.models import CopyRow
from catalog.services.answers import Availability, BookView, CopyView
from catalog.services.ports import CirculationFacts
from catalog.services.prices import stored_price

BOOK = ("id", "title", "authors", "isbns", "year", "language", "publisher", "subjects", "version")
"""The columns that an answered Book needs."""

COPY = ("id", "barcode", "book_id", "item_type", "branch", "condition", "price_minor", "price_currency")
"""The columns that an answered Copy needs."""


def is_free(circulation: CirculationFacts) -> Q:
    """Copies that stand on the shelf, to be had."""
    return Q(condition=Condition.IN_SERVICE) & ~Q(id__in=circulation.busy_copies())


def book_views(rows: list[dict[str, Any]], circulation: CirculationFacts) -> list[BookView]:
    """The Books of these rows, by two SQL queries."""
    ids = [row["id"] for row in rows]
    counts, waiting = _counts(ids, circulation), circulation.holds_waiting(ids)
    return [
        BookView(
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
                copies=counts.get(row["id"], _NONE)["all"],
                lendable=counts.get(row["id"], _NONE)["lendable"],
                available=counts.get(row["id"], _NONE)["free"],
                holds_waiting=waiting.get(row["id"], 0),
            ),
        )
        for row in rows
    ]


_NONE: Mapping[str, int] = {"all": 0, "lendable": 0, "free": 0}


def _counts(books: Collection[UUID], circulation: CirculationFacts) -> dict[UUID, Mapping[str, Any]]:
    rows = (
        CopyRow.objects.filter(book__in=books)
        .exclude(condition=Condition.WITHDRAWN)
        .order_by()
        .values("book_id")
        .annotate(
            all=Count("id"),
            lendable=Count("id", filter=Q(condition=Condition.IN_SERVICE)),
            free=Count("id", filter=is_free(circulation)),
        )
    )
    return {row["book_id"]: row for row in rows}


def copy_views(rows: list[dict[str, Any]], circulation: CirculationFacts) -> list[CopyView]:
    """The Copies of these rows, by one SQL query."""
    states = circulation.states_of([row["id"] for row in rows])
    return [
        CopyView(
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
