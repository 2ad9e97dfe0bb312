"""Executes a statement on Django's connection."""

from collections.abc import Callable, Iterable
from threading import local
from typing import Any, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

R = TypeVar("R")

_kept = local()


def execute(sql: str, parameters: Iterable[Any], read: Callable[[Any], R]) -> R:
    """Execute a statement, and return what `read` makes of the cursor.

    With `prepare_threshold` in the database's options, each thread keeps one psycopg cursor, whose parameters
    the server binds: so PostgreSQL prepares what it is sent repeatedly. Otherwise it is Django's own cursor,
    which sends the values within the text, as PgBouncer needs it.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]  # the stubs know nothing of its cursors
    if database.settings_dict["OPTIONS"].get("prepare_threshold") is None:
        with database.cursor() as cursor:
            cursor.execute(sql, parameters)
            return read(cursor)
    database.ensure_connection()
    if getattr(_kept, "connection", None) is not database.connection:
        _kept.connection, _kept.cursor = database.connection, psycopg.Cursor(database.connection)
    database._prepare_cursor(_kept.cursor).execute(sql, parameters)  # noqa: SLF001  as its own cursor() does
    return read(_kept.cursor)
