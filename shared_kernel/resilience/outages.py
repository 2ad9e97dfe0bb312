"""What a process needs and can't reach is logged when it goes and when it is back, not at each attempt."""

from collections.abc import Callable
from functools import cache
from threading import Lock
from time import monotonic

import structlog

#: An outage that lasts is logged again this often, in seconds, with the number of attempts so far.
REMIND_SECONDS = 600.0
#: A service that is starting may answer once and fail again. So long, in seconds, that is part of its return.
SETTLE_SECONDS = 10.0
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
        self._is_logged = False
        self._began = self._log_at = 0.0

    @property
    def is_on(self) -> bool:
        """Whether it was away at the last attempt."""
        return self._attempts > 0

    def failed(self, reason: str) -> None:
        """An attempt failed, since it is away."""
        with self._lock:
            now = self._clock()
            self._attempts += 1
            if self._attempts == 1:
                self._began = now
            if now < self._log_at:
                return
            self._log_at = now + REMIND_SECONDS
            first, self._is_logged = not self._is_logged, True
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
            was_logged, self._is_logged = self._is_logged, False
            now = self._clock()
            seconds = round(now - self._began)
            if was_logged:
                self._log_at = now + SETTLE_SECONDS
        if was_logged:
            self._say("back", seconds=seconds, attempts=attempts)

    def _say(self, what: str, **facts: object) -> None:
        event = f"{self.name}_{what}"
        log.warning(event, **facts)


@cache
def outage(name: str) -> Outage:
    """What this process knows of the absence of the database, the broker, and the like."""
    return Outage(name)
