"""Rules and calendars change a few times a year and are read with every loan: each process remembers them."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar
from uuid import UUID, uuid4

from lending.models import ConfigurationRow
from shared_kernel.sql import CompiledQuery

R = TypeVar("R")
Remembered = dict[Hashable, Sequence[Any]]  # rows of any kind, by what was asked for

#: Whoever asks can ask for what there isn't, so there is an end to it.
_MOST = 1000


class ConfigurationCache:
    """The rules and calendars as they are during one unit of work.

    A stamp in the database tells whether what this process read earlier still holds. It is drawn anew by
    every change, in its transaction: so a change counts from its commit on, and one rolled back never did.
    """

    def __init__(self) -> None:
        self._remembered: Remembered | None = None

    def get(self, *what: Hashable, read: Callable[[], Sequence[R]]) -> Sequence[R]:
        """The rows that were read before, or else are read now. They are others' too: not to be changed."""
        if self._remembered is None:
            stamps = _stamps()
            self._remembered = _remembered_under(stamps[0][0]) if stamps else {}
        if what not in self._remembered:
            if len(self._remembered) >= _MOST:
                self._remembered.clear()
            self._remembered[what] = read()
        return self._remembered[what]

    def invalidate(self) -> None:
        """Let everybody read anew once this transaction has committed."""
        ConfigurationRow.objects.update(stamp=uuid4())
        self._remembered = None


_stamps = CompiledQuery(lambda: ConfigurationRow.objects.values_list("stamp"))
_memory: tuple[UUID, Remembered] = (uuid4(), {})


def _remembered_under(stamp: UUID) -> Remembered:
    global _memory  # noqa: PLW0603 - exchanged whole, which no thread can see half done
    if _memory[0] != stamp:
        _memory = stamp, {}
    return _memory[1]
