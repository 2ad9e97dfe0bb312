"""Pages of rows filtered by a condition without an index, each at a bounded cost."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db.models import F, Model, QuerySet
from django.db.models.fields.tuple_lookups import (
    TupleGreaterThan,
    TupleGreaterThanOrEqual,
    TupleLessThan,
    TupleLessThanOrEqual,
)

from shared_kernel.services.pagination import Keys, Page, PageRequest, keyset_page

M = TypeVar("M", bound=Model)
Found = Page[dict[str, Any]]  # columns as various as they are
#: So many rows are looked at for one page.
_REACH = 2000


def bounded_page(
    rows: QuerySet[M],
    condition: Any,  # a Q or an expression
    *,
    columns: Sequence[str],
    order: Sequence[str],
    request: PageRequest,
    descending: bool,
) -> Found:
    """One page of the rows that meet the condition, by at most two SQL queries.

    Where they are rare the page ends early, and the next one goes on behind the last row looked at.
    """
    downwards = descending != request.backwards
    last = _last_in_reach(rows, order, request, downwards=downwards)
    if last is not None:
        until: Callable[..., Any] = TupleGreaterThanOrEqual if downwards else TupleLessThanOrEqual
        rows = rows.filter(until(tuple(F(name) for name in order), last))
    met = rows.filter(condition).values(*dict.fromkeys((*columns, *order)))
    page = keyset_page(met, order=order, request=request, descending=descending)
    return _continued(page, request, last)


def _last_in_reach(
    rows: QuerySet[M], order: Sequence[str], request: PageRequest, *, downwards: bool
) -> Keys | None:
    if request.keys is not None:
        ahead: Callable[..., Any] = TupleLessThan if downwards else TupleGreaterThan
        rows = rows.filter(ahead(tuple(F(name) for name in order), request.keys))
    in_order = rows.order_by(*(f"-{name}" if downwards else name for name in order)).values_list(*order)
    return next(iter(in_order[_REACH - 1 : _REACH]), None)


def _continued(page: Found, request: PageRequest, last: Keys | None) -> Found:
    """The page with the way on that ran out of reach, and the way back that an empty page can't tell."""
    further, back = last, request.keys
    if request.backwards:
        further, back = back, further
    return Page(results=page.results, next=page.next or further, previous=page.previous or back)
