"""`ask`, the way for every read of an entry point."""

from typing import TypeVar

from shared_kernel.services.bus import Query
from shared_kernel.services.commands import bus

R = TypeVar("R")


def ask(query: Query[R]) -> R:
    """Answer a query. It changes nothing. Raises NotFound for what the asker may not see or is not there."""
    answer: R = bus().queries[type(query)](query)
    return answer
