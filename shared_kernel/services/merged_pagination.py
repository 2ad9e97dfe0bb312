"""Keyset pagination of one list, ordered by time, whose rows come from several tables."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan

from shared_kernel.services.pagination import Keys, Page, PageRequest

Row = dict[str, Any]  # as various as columns
#: Rows of `.values()` that have `at`, an instant, and `id`.
PageSource = QuerySet[Any, Row]


def merged_page(
    strands: Sequence[PageSource], *, request: PageRequest, descending: bool = False
) -> Page[tuple[int, Row]]:
    """One page of all strands' rows by `at`, each with the number of its strand; a query for each strand.

    Of rows at the same instant those of the earlier strand come first.
    """
    downwards = descending != request.backwards
    found = [
        (number, row)
        for number, rows in enumerate(strands)
        for row in _beyond(rows, number, request=request, downwards=downwards)
    ]
    found.sort(key=_keys, reverse=downwards)
    more = len(found) > request.size
    found = found[: request.size]
    if request.backwards:
        found.reverse()
    has_next, has_previous = (bool(found), more) if request.backwards else (more, request.keys is not None)
    return Page(
        results=found,
        next=_keys(found[-1]) if found and has_next else None,
        previous=_keys(found[0]) if found and has_previous else None,
    )


def _beyond(rows: PageSource, number: int, *, request: PageRequest, downwards: bool) -> list[Row]:
    if request.keys is not None:
        at, place, id_ = request.keys
        if number == place:
            here = TupleLessThan if downwards else TupleGreaterThan
            rows = rows.filter(here((F("at"), F("id")), (at, id_)))
        else:
            also_then = "e" if (number < place) == downwards else ""
            rows = rows.filter(**{f"at__{'lt' if downwards else 'gt'}{also_then}": at})
    order = ("-at", "-id") if downwards else ("at", "id")
    return list(rows.order_by(*order)[: request.size + 1])


def _keys(found: tuple[int, Row]) -> Keys:
    number, row = found
    return row["at"], number, row["id"]
