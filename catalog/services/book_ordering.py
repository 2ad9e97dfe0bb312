"""The orders in which Books are listed, and the pages of each."""

from collections.abc import Sequence
from functools import cache
from typing import Literal

from catalog.models import BookRow
from catalog.services.read_models import BOOK
from shared_kernel.services.pagination import CompiledPages
from shared_kernel.sql import ArrayParam, Param

BookOrder = Literal["relevance", "title", "-title", "year", "-year", "added", "-added"]
_ORDERS = {"title": ("sort_key", "id"), "year": ("year_key", "id"), "added": ("added_at", "id")}
LOOKUPS = {"language": "language", "id": "id__in"}
"""How Books are chosen: by the value of a column, or by several."""


@cache
def books_in_order(ordering: BookOrder | None, *chosen: str) -> CompiledPages:
    """The Books in this order that have certain values in these columns."""
    values = {"language": Param(BookRow, "language"), "id": ArrayParam(BookRow, "id")}
    order, descending = columns_of(ordering)
    return CompiledPages(
        lambda: BookRow.objects.filter(**{LOOKUPS[column]: values[column] for column in chosen}),
        columns=BOOK,
        order=order,
        descending=descending,
    )


def columns_of(ordering: BookOrder | None) -> tuple[Sequence[str], bool]:
    """The columns that it goes by, and whether downwards."""
    name = "title" if ordering in {None, "relevance"} else str(ordering)
    return _ORDERS[name.removeprefix("-")], name.startswith("-")
