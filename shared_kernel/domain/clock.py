"""The clock is a dependency: code that needs the time receives one."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the instant at which the library acts."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        ...
