"""Bulkheads: what may take long leaves the few places of a web process to the requests that are quick.

A process works on a few requests at a time. One that is about to wait for somebody else's lock, or to write
out a long answer, steps aside: another takes its place. Only so many may be aside at a time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Final

#: Seconds that a request waits for a lock on PostgreSQL before it steps aside or fails. A transaction holds
#: its locks for some milliseconds.
LOCK_MOMENT: Final = 0.25


class Bulkhead(StrEnum):
    """Why a request steps aside; each reason has a bulkhead of its own."""

    WAITING = "waiting"
    STREAMING = "streaming"


class Overloaded(Exception):
    """As many requests are aside for this reason as may be; this one is to be sent again later."""


StepAside = Callable[[Bulkhead], None]

_handler: ContextVar[StepAside | None] = ContextVar("bulkhead_handler", default=None)


@contextmanager
def bulkhead_handler(way: StepAside) -> Iterator[None]:
    """Let the request that is answered inside step aside by calling this."""
    token = _handler.set(way)
    try:
        yield
    finally:
        _handler.reset(token)


def has_bulkheads() -> bool:
    """Whether a wait would keep others out: true in a web process, not in a command or a worker."""
    return _handler.get() is not None


def move_to_bulkhead(reason: Bulkhead) -> None:
    """Give the place up until the request has ended. Raises Overloaded. Nothing where places aren't few."""
    if (way := _handler.get()) is not None:
        way(reason)
