"""Pages of long lists by keyset: every page costs the same, however deep, and nothing is counted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan

from shared_kernel.sql.queries import CompiledQuery, Param

T = TypeVar("T")
Keys = tuple[Any, ...]  # a row's sort values, in the order of the sort; as various as columns


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which page is wanted: `size` rows behind (or, `backwards`, before) the row with these sort keys."""

    size: int = 20
    keys: Keys | None = None
    backwards: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some rows of a list, and the keys from which the next and the previous page start, if any."""

    results: list[T]
    next: Keys | None = None
    previous: Keys | None = None

    def mapped(self, change: Callable[[list[T]], list[Any]]) -> "Page[Any]":
        """The same page with its rows converted by one call."""
        return Page(results=change(self.results), next=self.next, previous=self.previous)


def page_of(found: list[T], request: PageRequest, *, keys: Callable[[T], Keys]) -> Page[T]:
    """The page that these rows make, which were found in the direction asked for.

    One row more than fits on the page shows that there is another page in that direction.
    """
    more, shown = len(found) > request.size, found[: request.size]
    if request.backwards:
        shown.reverse()
    has_next, has_previous = (True, more) if request.backwards else (more, request.keys is not None)
    return Page(
        results=shown,
        next=keys(shown[-1]) if shown and has_next else None,
        previous=keys(shown[0]) if shown and has_previous else None,
    )


def keyset_page(
    rows: QuerySet[Any, dict[str, Any]],
    *,
    order: Sequence[str],
    request: PageRequest,
    descending: bool = False,
) -> Page[dict[str, Any]]:
    """One page of `.values()` rows sorted by the columns of `order`, whose last must make every row distinct.

    All columns are sorted in the same direction, so that one comparison of row values finds the place.
    """
    found = _behind(rows, order, request.keys, downwards=descending != request.backwards)
    return page_of(list(found[: request.size + 1]), request, keys=_keys_in(order))


class CompiledPages:
    """Such pages of one list, by statements that Django writes once for each size and direction.

    `rows` may have values that are a `Param` (shared_kernel/sql).
    """

    def __init__(
        self,
        rows: Callable[[], QuerySet[Any]],
        *,
        columns: Sequence[str],
        order: Sequence[str],
        descending: bool = False,
    ) -> None:
        self._rows, self._order, self._descending = rows, order, descending
        self._columns = tuple(dict.fromkeys((*columns, *order)))
        self._statements: dict[tuple[int, bool, bool], CompiledQuery[Keys]] = {}

    def page(self, request: PageRequest, **values: object) -> Page[dict[str, Any]]:
        """The page asked for, of the rows that have these values."""
        shape = (request.size, request.keys is not None, request.backwards)
        if shape not in self._statements:
            self._statements[shape] = CompiledQuery(partial(self._query, request))
        here = zip(self._order, request.keys, strict=True) if request.keys is not None else ()
        found = self._statements[shape](**values, **{_BEHIND + name: key for name, key in here})
        rows = [dict(zip(self._columns, row, strict=True)) for row in found]
        return page_of(rows, request, keys=_keys_in(self._order))

    def _query(self, like: PageRequest) -> QuerySet[Any, Keys]:
        """The query for pages of this size and direction; the position is a parameter."""
        rows = self._rows()
        here = tuple(Param(rows.model, name, _BEHIND + name) for name in self._order)
        keys = None if like.keys is None else here
        behind = _behind(rows, self._order, keys, downwards=self._descending != like.backwards)
        return behind.values_list(*self._columns)[: like.size + 1]


_BEHIND = "behind_"
Q = TypeVar("Q", bound=QuerySet[Any, Any])


def _behind(rows: Q, order: Sequence[str], keys: Keys | None, *, downwards: bool) -> Q:
    """The rows behind the one with these keys, or all of them, in this order."""
    if keys is not None:
        compare, bound = (TupleLessThan, "lte") if downwards else (TupleGreaterThan, "gte")
        # Django writes no row values for SQLite, which then finds the place in an index by the bound alone.
        rows = rows.filter(
            compare(tuple(F(name) for name in order), keys), **{f"{order[0]}__{bound}": keys[0]}
        )
    return rows.order_by(*(f"-{name}" if downwards else name for name in order))


def _keys_in(order: Sequence[str]) -> Callable[[dict[str, Any]], Keys]:
    return lambda row: tuple(row[name] for name in order)
