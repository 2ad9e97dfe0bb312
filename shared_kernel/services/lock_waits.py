"""How long a command waits for somebody else's lock.

A web process answers few requests at a time, so its connections to PostgreSQL wait for a lock only for a
moment (library_project/database.py). A command that meets a lock starts again in a bulkhead, where it may
wait as long as the settings say. On SQLite, a request that waits for the writer moves to the bulkhead
(library_project/sqlite). Everywhere else, as in a job, every connection waits as long as the settings say.
"""

from typing import Final

from django.conf import settings
from django.db import OperationalError, connection

from shared_kernel.resilience.bulkheads import LOCK_MOMENT, has_bulkheads

#: PostgreSQL: lock_not_available.
_LOCK_NOT_AVAILABLE: Final = "55P03"


def is_lock_timeout(error: BaseException) -> bool:
    """Whether the error says that somebody else held a lock for too long."""
    cause = error.__cause__
    return isinstance(error, OperationalError) and (
        getattr(cause, "sqlstate", None) == _LOCK_NOT_AVAILABLE or "database is locked" in str(cause)
    )


def should_fail_fast() -> bool:
    """Whether a command that begins its own transaction is tried outside of the bulkhead first."""
    return has_bulkheads() and not connection.in_atomic_block


def set_lock_timeout(*, hurried: bool) -> None:
    """In a web process, limit how long the rest of the open transaction waits for each lock (PostgreSQL).

    A pool's connections have the short limit already; others have what PgBouncer or the server says.
    """
    is_limited = hurried and "pool" in connection.settings_dict["OPTIONS"]
    if has_bulkheads() and connection.vendor == "postgresql" and not is_limited:
        seconds = LOCK_MOMENT if hurried else settings.DATABASE_LOCK_TIMEOUT
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {seconds * 1000:.0f}")
