"""Bulkheads: what may take long leaves the few places of a web process to the requests that are quick.

A process works on a few requests at a time. One that is about to wait for somebody else's lock, or to write
out a long answer, steps aside: another takes its place. Only so many may be aside at a time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum


class Reason(StrEnum):
    """Why a request steps aside; each reason has a bulkhead of its own."""

    WAITING = "waiting"
    STREAMING = "streaming"


class Overloaded(Exception):
    """As many requests are aside for this reason as may be; this one is to be sent again later."""


StepAside = Callable[[Reason], None]

_step_aside: ContextVar[StepAside | None] = ContextVar("step_aside", default=None)


@contextmanager
def stepping_aside_by(way: StepAside) -> Iterator[None]:
    """Let the request that is answered inside step aside by calling this."""
    token = _step_aside.set(way)
    try:
        yield
    finally:
        _step_aside.reset(token)


def places_are_few() -> bool:
    """Whether a wait would keep others out: true in a web process, not in a command or a worker."""
    return _step_aside.get() is not None


def step_aside(reason: Reason) -> None:
    """Give the place up until the request has ended. Raises Overloaded. Nothing where places aren't few."""
    if (way := _step_aside.get()) is not None:
        way(reason)
