"""A notice: the intent to tell a patron something, and the stages of telling it."""

from datetime import timedelta
from enum import StrEnum

EMAIL = "email"
#: An attempt that is silent for so long was cut off: no send lasts a third of it.
CUT_OFF_AFTER = timedelta(seconds=30)
_LONGEST_WAIT_SECONDS = 60


class NoticeState(StrEnum):
    """How far the telling has come. What is ambiguous may have been sent, so it is never repeated unasked."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    AMBIGUOUS = "ambiguous"
    FAILED = "failed"


def wait_after(*, attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: 2 s doubling up to a minute. Nobody ever gives up."""
    return timedelta(seconds=min(2 ** min(attempts, 10), _LONGEST_WAIT_SECONDS))
