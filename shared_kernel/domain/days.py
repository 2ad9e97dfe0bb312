"""Days, as people read them."""

from datetime import UTC, date, datetime, timedelta


def day_ended_by(instant: datetime) -> date:
    """The calendar day whose last second, in the time of some branch, this instant is.

    The branch's zone need not be known: between UTC-10 and UTC+13:45 a day ends no earlier than 10:14 of that
    day and no later than 10:00 of the next one, UTC. On the few islands beyond, it would be the wrong day.
    """
    return (instant.astimezone(UTC) - timedelta(hours=10)).date()


def format_day(day: date) -> str:
    """A day in a sentence: 17 February 2026."""
    return f"{day.day} {day:%B %Y}"
