"""Time is a dependency like any other: whoever needs it is given a clock."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the instant at which the library acts."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        ...
