"""How long a patron will probably wait for a book."""

from collections.abc import Collection
from datetime import datetime, timedelta


def estimated_ready_at(
    *, position: int, due_dates: Collection[datetime], usual_delay: timedelta, turn: timedelta, now: datetime
) -> datetime | None:
    """When a copy will probably be there for the hold in this position of those that wait (from 1).

    Every copy that is out is expected `usual_delay` after its due date, one that is late already now, and
    each serves the next in turn; a `turn` is the time that one patron has a copy. None where no copy is out.
    """
    if not due_dates:
        return None
    expected = sorted(max(now, due_at + usual_delay) for due_at in due_dates)
    rounds, place = divmod(position - 1, len(expected))
    return expected[place] + rounds * turn
