"""Tells a database that is unavailable from a message that can't be handled."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, connection

#: SQLSTATEs: connection lost, out of disk or memory, lock timeout, shutting down.
_POSTGRESQL_UNAVAILABLE = ("08", "53", "55P03", "57P")
_SQLITE_UNAVAILABLE = (
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_READONLY",
    "SQLITE_CANTOPEN",
)


class DatabaseUnavailable(Exception):
    """The database can't be used for now. It doesn't count as a failed attempt of any message."""


@contextmanager
def detecting_database_outage() -> Iterator[None]:
    """Raise DatabaseUnavailable in place of a database error that means an outage."""
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        if not _is_outage(error):
            raise
        if not connection.in_atomic_block:
            connection.close()
        raise DatabaseUnavailable(type(error).__name__) from error


def _is_outage(error: Exception) -> bool:
    sqlstate = getattr(error.__cause__, "sqlstate", None) or ""
    sqlite = getattr(error.__cause__, "sqlite_errorname", "")
    return (
        sqlstate.startswith(_POSTGRESQL_UNAVAILABLE)
        or sqlite.startswith(_SQLITE_UNAVAILABLE)
        or not connection.is_usable()
    )
