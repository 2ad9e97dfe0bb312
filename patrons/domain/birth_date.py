"""The day a patron was born."""

from datetime import date
from typing import Final

from shared_kernel.domain.errors import InvalidValue

EARLIEST_BIRTH_DATE: Final = date(1900, 1, 1)


class InvalidBirthDate(InvalidValue):
    code = "invalid_birth_date"
    message = "A date of birth lies between 1 January 1900 and today."
    pointer = "/birth_date"


def valid_birth_date(value: date, *, today: date) -> date:
    """The date, if somebody who is alive can be born on it. Raises InvalidBirthDate."""
    if not EARLIEST_BIRTH_DATE <= value <= today:
        raise InvalidBirthDate
    return value
