"""A process-wide cache of rules and calendars, which change rarely and are read with every loan."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar
from uuid import UUID, uuid4

from lending.models import ConfigurationRow
from shared_kernel.sql.queries import CompiledQuery

R = TypeVar("R")
Cache = dict[Hashable, Sequence[Any]]  # rows of any kind, by what was asked for

#: Requests may name anything, so the cache is bounded.
_MOST = 1000


class ConfigurationCache:
    """The rules and calendars as they are during one unit of work.

    A stamp in the database shows whether the cache is still valid. Every change replaces the stamp in its own
    transaction, so the cache is invalidated at the commit, and not at all after a rollback.
    """

    def __init__(self) -> None:
        self._cached: Cache | None = None

    def get(self, *what: Hashable, read: Callable[[], Sequence[R]]) -> Sequence[R]:
        """The cached rows, or else those that `read` returns. They are shared: not to be changed."""
        if self._cached is None:
            stamps = _stamps()
            self._cached = _cache_under(stamps[0][0]) if stamps else {}
        if what not in self._cached:
            if len(self._cached) >= _MOST:
                self._cached.clear()
            self._cached[what] = read()
        return self._cached[what]

    def invalidate(self) -> None:
        """Invalidate the cache of every process once this transaction commits."""
        ConfigurationRow.objects.update(stamp=uuid4())
        self._cached = None


_stamps = CompiledQuery(lambda: ConfigurationRow.objects.values_list("stamp"))
_process_cache: tuple[UUID, Cache] = (uuid4(), {})


def _cache_under(stamp: UUID) -> Cache:
    global _process_cache  # noqa: PLW0603 - exchanged whole, which no thread can see half done
    if _process_cache[0] != stamp:
        _process_cache = stamp, {}
    return _process_cache[1]
