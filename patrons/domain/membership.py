"""How long somebody is a patron, in whole days; the last day counts."""

from datetime import date, timedelta

#: A membership's end is announced so long before.
ANNOUNCED_BEFORE = timedelta(days=14)


def one_year_on(day: date) -> date:
    """The same day of the next year; the 28th for a 29th of February. There is none after the year 9999."""
    if day.year == date.max.year:
        return date.max
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)
