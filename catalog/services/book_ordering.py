"""The orders in which Books are listed, and pages in each of them."""

from collections.abc import Sequence
from functools import cache
from typing import Literal

from catalog.models import BookRow
from catalog.services.ports import CirculationFacts
from catalog.services.read_models import BOOK, books_with_stock
from shared_kernel.services.pagination import CompiledPages
from shared_kernel.sql.queries import ArrayParam, Param

BookOrder = Literal["relevance", "title", "-title", "year", "-year", "added", "-added"]
_ORDERS = {"title": ("sort_key", "id"), "year": ("year_key", "id"), "added": ("added_at", "id")}
LOOKUPS = {"language": "language", "id": "id__in", "added_at": "added_at__gte"}
"""The filters of a list of Books: column and lookup."""


@cache
def books_in_order(ordering: BookOrder | None, *chosen: str, circulation: CirculationFacts) -> CompiledPages:
    """Pages of Books in this order, filtered by the columns `chosen` (see LOOKUPS)."""
    values = {
        "language": Param(BookRow, "language"),
        "id": ArrayParam(BookRow, "id"),
        "added_at": Param(BookRow, "added_at"),
    }
    order, descending = columns_of(ordering)
    return CompiledPages(
        lambda: books_with_stock(circulation).filter(
            **{LOOKUPS[column]: values[column] for column in chosen}
        ),
        columns=BOOK,
        order=order,
        descending=descending,
    )


def is_by_addition(ordering: BookOrder | None) -> bool:
    """Whether Books are sorted by when they were added."""
    return ordering in {"added", "-added"}


def columns_of(ordering: BookOrder | None) -> tuple[Sequence[str], bool]:
    """The columns to sort by, and whether descending."""
    name = "title" if ordering in {None, "relevance"} else str(ordering)
    return _ORDERS[name.removeprefix("-")], name.startswith("-")
