"""Commands that wait for somebody else's lock: first a moment in their place, then for long and aside.

Only where places are few, as in a web process; elsewhere a command waits as the database's settings say.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import OperationalError, connection

from shared_kernel.resilience.bulkheads import has_bulkheads

#: PostgreSQL: lock_not_available.
_LOCK_NOT_AVAILABLE: Final = "55P03"
#: A transaction holds its locks for some milliseconds.
_MOMENT_MS: Final = 100
#: SQLite has one writer at a time, which may have to wait for the disk.
_SQLITE_MOMENT_MS: Final = 1000


def is_lock_timeout(error: OperationalError) -> bool:
    """Whether the error says that somebody else held a lock for too long."""
    cause = error.__cause__
    return getattr(cause, "sqlstate", None) == _LOCK_NOT_AVAILABLE or "database is locked" in str(cause)


@contextmanager
def short_busy_timeout(*, hurried: bool) -> Iterator[None]:
    """Where it is hurried, begin a transaction on SQLite within a moment or not at all."""
    if not hurried or connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        usual = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout = {_SQLITE_MOMENT_MS}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {int(usual)}")


def set_short_lock_timeout() -> None:
    """Let the rest of the open transaction wait no longer than a moment for each lock (PostgreSQL)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {_MOMENT_MS}")


def should_fail_fast() -> bool:
    """Whether a command that begins its own transaction is tried for a moment first."""
    return has_bulkheads() and not connection.in_atomic_block
