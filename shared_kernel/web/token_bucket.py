"""How much one client may ask of one process, so that a runaway one leaves something for the others.

The counts are this process's own: shared ones would cost every look-up a write, and SQLite has one writer.
So what a client may ask of the installation is the limit times its web processes (docs/adr).
"""

from threading import Lock
from time import monotonic

_MINUTE = 60.0
_MOST_CLIENTS = 10_000


class TokenBucket:
    """So many a minute for each client: a bucket that holds a minute's worth and fills up evenly."""

    def __init__(self) -> None:
        self._spent: dict[str, tuple[float, float]] = {}
        self._lock = Lock()

    def wait(self, client: str, *, per_minute: int) -> float:
        """Seconds until the client may have one more; 0.0 for now. Takes nothing."""
        with self._lock:
            return self._wait(self._spent_by(client, per_minute), per_minute)

    def take(self, client: str, *, per_minute: int) -> float:
        """Give the client one and answer 0.0, or give none and answer the seconds until there is one."""
        with self._lock:
            spent = self._spent_by(client, per_minute)
            wait = self._wait(spent, per_minute)
            if not wait:
                self._forget_the_idle()
                self._spent[client] = spent + 1, monotonic()
            return wait

    def forget(self) -> None:
        """Give everybody a full bucket."""
        self._spent.clear()

    def _spent_by(self, client: str, per_minute: int) -> float:
        spent, at = self._spent.get(client, (0.0, 0.0))
        return max(0.0, spent - (monotonic() - at) * per_minute / _MINUTE)

    @staticmethod
    def _wait(spent: float, per_minute: int) -> float:
        return max(0.0, (spent + 1 - per_minute) * _MINUTE / per_minute)

    def _forget_the_idle(self) -> None:
        if len(self._spent) < _MOST_CLIENTS:
            return
        full_again = monotonic() - _MINUTE
        self._spent = {client: held for client, held in self._spent.items() if held[1] > full_again}
        if len(self._spent) >= _MOST_CLIENTS:  # more than anybody has: a crowd, or one client in many masks
            self._spent.clear()


requests = TokenBucket()
#: Tokens from an address that turned out to be none.
wrong_tokens = TokenBucket()
WRONG_TOKENS_A_MINUTE = 100
