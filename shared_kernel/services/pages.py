"""Pages of long lists by keyset: every page costs the same, however deep, and nothing is counted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan

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
        """The same page with its rows turned into something else, all in one go."""
        return Page(results=change(self.results), next=self.next, previous=self.previous)


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
    downwards = descending != request.backwards
    if request.keys is not None:
        here = TupleLessThan if downwards else TupleGreaterThan
        rows = rows.filter(here(tuple(F(name) for name in order), request.keys))
    found = list(rows.order_by(*(f"-{name}" if downwards else name for name in order))[: request.size + 1])
    more = len(found) > request.size
    found = found[: request.size]
    if request.backwards:
        found.reverse()
    first, last = _keys(found[:1], order), _keys(found[-1:], order)
    has_next, has_previous = (bool(found), more) if request.backwards else (more, request.keys is not None)
    return Page(results=found, next=last if has_next else None, previous=first if has_previous else None)


def _keys(rows: list[dict[str, Any]], order: Sequence[str]) -> Keys | None:
    return tuple(rows[0][name] for name in order) if rows else None
