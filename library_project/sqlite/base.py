"""Django's SQLite, but for how it waits for a writer, and for how it learns that JSON is known.

SQLite's own wait holds the connection's mutex. If the garbage collector meets a cursor of that connection, in
whichever thread, it waits for the mutex while it holds the interpreter's lock, and the whole process stands
still. So SQLite waits for moments only, and the rest of the wait is Python's.

At the first query with JSON on each connection, Django asks the database in a transaction of its own. Our
transactions take the writer's lock when they begin, so a look-up would wait for a writer, and then take JSON
to be unknown until its connection ends.
"""

import sqlite3
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any, Final

from django.db.backends.sqlite3 import base, features

from shared_kernel.resilience.bulkheads import Bulkhead, move_to_bulkhead

#: Seconds that a writer waits for the one before it.
_LOCK_TIMEOUT: Final = 20.0
#: Seconds that a request waits for it in one of the few places of a web process: the disk may be slow.
_MOMENT: Final = 0.5
#: Seconds between two tries.
_PAUSE: Final = 0.02


class DatabaseFeatures(features.DatabaseFeatures):
    """What this SQLite can do."""

    #: Part of SQLite since 3.38, unless it was built without; `make run` and the tests would fail there.
    supports_json_field = True


class WaitingCursor(base.SQLiteCursorWrapper):
    """Waits for a writer; in a web process, in the bulkhead. Raises Overloaded where too many wait there."""

    def execute(self, query: str, params: Any = None) -> Any:  # as Django declares it
        """Execute a statement."""
        return self._tried(lambda: super(WaitingCursor, self).execute(query, params))

    def executemany(self, query: str, param_list: Any) -> Any:  # as Django declares it
        """Execute a statement many times."""
        return self._tried(lambda: super(WaitingCursor, self).executemany(query, param_list))

    def _tried(self, statement: Callable[[], Any]) -> Any:
        begun = monotonic()
        while True:
            try:
                return statement()
            except sqlite3.OperationalError as error:
                # A transaction that has begun has the writer's lock; what it still can't have won't come.
                is_busy = error.sqlite_errorcode == sqlite3.SQLITE_BUSY and not self.connection.in_transaction
                if not is_busy or monotonic() > begun + _LOCK_TIMEOUT:
                    raise
            if monotonic() > begun + _MOMENT:
                move_to_bulkhead(Bulkhead.WAITING)
            sleep(_PAUSE)


class DatabaseWrapper(base.DatabaseWrapper):
    """What Django connects with (settings.DATABASES)."""

    features_class = DatabaseFeatures

    def create_cursor(self, name: str | None = None) -> WaitingCursor:  # noqa: ARG002  Django's signature
        """A cursor that waits for a writer."""
        cursor: WaitingCursor = self.connection.cursor(factory=WaitingCursor)
        return cursor
