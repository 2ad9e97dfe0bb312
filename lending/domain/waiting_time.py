"""The estimated waiting time of a hold."""

from collections.abc import Collection
from datetime import datetime, timedelta


def estimated_ready_at(
    *, position: int, due_dates: Collection[datetime], usual_delay: timedelta, turn: timedelta, now: datetime
) -> datetime | None:
    """When a copy will probably be available for the waiting hold at this position (from 1)."""
    if not due_dates:
        return None
    expected = sorted(max(now, due_at + usual_delay) for due_at in due_dates)
    rounds, place = divmod(position - 1, len(expected))
    return expected[place] + rounds * turn
