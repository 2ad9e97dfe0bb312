"""Compiled INSERT and UPDATE statements, and statements that go along with the next one.

A deferred statement becomes a part of the next one (`WITH … AS (INSERT …) UPDATE …`), so that it needs no
round trip of its own (ADR 24).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model

from shared_kernel.sql.columns import Column, columns_of
from shared_kernel.sql.execution import execute

#: Rows of one INSERT: SQLite takes 32 766 parameters.
_ROWS_TOGETHER = 500
#: A larger INSERT is not deferred: its round trip doesn't matter.
_ROWS_DEFERRED = 20

Values = Mapping[str, Any]  # by column, as various as columns
Statement = tuple[str, list[Any]]  # SQL and its parameters
_deferred: ContextVar[list[Statement] | None] = ContextVar("deferred", default=None)


def insert(model: type[Model], *rows: Values, on_conflict: str = "") -> int:
    """Insert rows and return how many were written. Raises IntegrityError.

    Columns that a row doesn't name get the field's default. `on_conflict` is SQL to follow the rows, such as
    `ON CONFLICT (…) DO UPDATE SET …`.
    """
    written = 0
    for first in range(0, len(rows), _ROWS_TOGETHER):
        sql, parameters = _insert(model, rows[first : first + _ROWS_TOGETHER])
        written += _write(f"{sql} {on_conflict}", parameters)
    return written


def update(model: type[Model], values: Values, *, where: Values) -> int:
    """Set these values in the rows that have those, and return their number. Raises IntegrityError."""
    return _write(*_update(model, values, where))


def defer_insert(model: type[Model], *rows: Values) -> None:
    """Insert a few rows along with the next statement; nothing may read them before the block ends."""
    deferred = _deferred_statements()
    if deferred is None or len(rows) > _ROWS_DEFERRED:
        insert(model, *rows)
    elif rows:
        deferred.append(_insert(model, rows))


def defer_update(model: type[Model], values: Values, *, where: Values) -> None:
    """Update rows, likewise with the next statement."""
    deferred = _deferred_statements()
    if deferred is None:
        update(model, values, where=where)
    else:
        deferred.append(_update(model, values, where))


@contextmanager
def deferred_statements() -> Iterator[None]:
    """Let deferred statements wait for the next one, or else for the end; after an error they are dropped.

    Outside, and on SQLite, nothing is deferred.
    """
    token = _deferred.set([])
    try:
        yield
        if deferred := _deferred.get():
            _write(*deferred.pop())
    finally:
        _deferred.reset(token)


def _deferred_statements() -> list[Statement] | None:
    return _deferred.get() if connections[DEFAULT_DB_ALIAS].vendor == "postgresql" else None


def _write(sql: str, parameters: list[Any]) -> int:
    """Execute a statement together with the deferred ones; the number of rows is that of the statement."""
    if deferred := _deferred.get():
        parts = [f"deferred_{number} AS ({text})" for number, (text, _) in enumerate(deferred)]
        sql = f"WITH {', '.join(parts)} {sql}"
        parameters = [*(each for _, given in deferred for each in given), *parameters]
        deferred.clear()
    return execute(sql, parameters, lambda cursor: int(cursor.rowcount))


def _insert(model: type[Model], rows: Sequence[Values]) -> Statement:
    into, row_sql, columns = _insert_sql(model)
    parameters = [
        column.to_db(row[name] if name in row else column.default())
        for row in rows
        for name, column in columns
    ]
    return f"{into}{', '.join([row_sql] * len(rows))}", parameters


def _update(model: type[Model], values: Values, where: Values) -> Statement:
    columns = columns_of(model)
    parameters = [columns[name].to_db(value) for given in (values, where) for name, value in given.items()]
    return _update_sql(model, tuple(values), tuple(where)), parameters


@cache
def _insert_sql(model: type[Model]) -> tuple[str, str, list[tuple[str, Column]]]:
    columns = [(name, column) for name, column in columns_of(model).items() if not column.is_generated]
    table = connections[DEFAULT_DB_ALIAS].ops.quote_name(model._meta.db_table)
    into = f"INSERT INTO {table} ({', '.join(column.name for _, column in columns)}) VALUES "  # noqa: S608  the model's names
    return into, f"({', '.join(['%s'] * len(columns))})", columns


@cache
def _update_sql(model: type[Model], changed: tuple[str, ...], known: tuple[str, ...]) -> str:
    equal = {name: f"{column.name} = %s" for name, column in columns_of(model).items()}
    table = connections[DEFAULT_DB_ALIAS].ops.quote_name(model._meta.db_table)
    changes, condition = (
        ", ".join(equal[name] for name in changed),
        " AND ".join(equal[name] for name in known),
    )
    return f"UPDATE {table} SET {changes} WHERE {condition}"  # noqa: S608  see above
