"""What a process needs and can't reach is logged when it goes and when it is back, not at each attempt."""

from collections.abc import Callable
from functools import cache
from threading import Lock
from time import monotonic

import structlog

#: An outage that lasts is logged again this often, in seconds, with the number of attempts so far.
REMIND_SECONDS = 600.0
_MEANWHILE = {
    "database": "requests are answered 503, and jobs and events wait",
    "broker": "events wait in the outbox, and ticks are not given",
    "tables": "requests are answered 503; run `manage.py migrate`",
    "folder": "var/ was removed; start the library again",
}

log = structlog.get_logger(__name__)


class Outage:
    """One thing's absence, as this process notices it: three events, and nothing in between.

    `NAME_away` says what happens meanwhile, `NAME_still_away` and `NAME_back` how many seconds it has been
    away and how many attempts failed.
    """

    def __init__(self, name: str, *, clock: Callable[[], float] = monotonic) -> None:
        self.name = name
        self._clock = clock
        self._lock = Lock()
        self._attempts = 0
        self._began = self._remind_at = 0.0

    @property
    def is_on(self) -> bool:
        """Whether it was away at the last attempt."""
        return self._attempts > 0

    def failed(self, reason: str) -> None:
        """An attempt failed, since it is away."""
        with self._lock:
            now = self._clock()
            self._attempts += 1
            first = self._attempts == 1
            if not first and now < self._remind_at:
                return
            self._remind_at = now + REMIND_SECONDS
            if first:
                self._began = now
            seconds, attempts = round(now - self._began), self._attempts
        if first:
            self._say("away", reason=reason, meanwhile=_MEANWHILE[self.name])
        else:
            self._say("still_away", reason=reason, seconds=seconds, attempts=attempts)

    def over(self) -> None:
        """It answers."""
        if not self._attempts:  # without the lock: it is asked at each success
            return
        with self._lock:
            attempts, self._attempts = self._attempts, 0
            seconds = round(self._clock() - self._began)
        if attempts:
            self._say("back", seconds=seconds, attempts=attempts)

    def _say(self, what: str, **facts: object) -> None:
        event = f"{self.name}_{what}"
        log.warning(event, **facts)


@cache
def outage(name: str) -> Outage:
    """What this process knows of the absence of the database, the broker, and the like."""
    return Outage(name)
