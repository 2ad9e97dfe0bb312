"""Statements that are written once, for what the desk does all day.

The ORM writes each statement anew, which takes several times longer than the database takes to carry it out
(benchmarks/). Here the models still say what tables and columns there are, and what a value is to the
database; only the text is kept. So PostgreSQL can keep its plan, too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property, partial
from typing import Any, Generic, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import AutoField, CharField, Expression, IntegerField, Model, QuerySet, TextField

#: Rows in one statement: SQLite takes 32 766 parameters.
_TOGETHER = 500
#: Values of these go to every driver as they are.
_PLAIN = (CharField, TextField, IntegerField)

M = TypeVar("M", bound=Model)
R = TypeVar("R")
Values = Mapping[str, Any]  # by column, as various as columns


class Given(Expression):
    """Stands in a prepared query for a value of a column, to be given each time that the query is asked."""

    def __init__(self, model: type[Model], name: str) -> None:
        super().__init__()
        self.name = name
        self.column: Any = model._meta.get_field(name)  # the stubs know no field that has every method

    def as_sql(  # type: ignore[override]  # it makes nothing of Django's arguments
        self, *_: object, **__: object
    ) -> tuple[str, list[Any]]:
        """A place, and what stands in it."""
        return "%s", [self]


class Prepared(Generic[R]):
    """A query that Django writes once: `Prepared(lambda: Row.objects.filter(code=Given(Row, "code")))`.

    It answers with what the query set consists of: rows of the model, or tuples of a `values_list`.
    """

    def __init__(self, query: Callable[[], "QuerySet[Any, R]"]) -> None:
        self._query = query

    def __call__(self, **values: object) -> list[R]:
        """Ask, with a value for each column that is `Given`."""
        sql, parameters, read = self._written
        database = connections[DEFAULT_DB_ALIAS]
        with _cursor(database) as cursor:
            cursor.execute(sql, [_bound(each, values, database) for each in parameters])
            return read(cursor.fetchall())

    @cached_property
    def _written(self) -> tuple[str, Sequence[object], Callable[[Any], list[R]]]:
        asked: Any = self._query()  # what it consists of, is nothing that the stubs know
        compiler = asked.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        converters = compiler.get_converters([expression for expression, *_ in compiler.select])
        names = [field.attname for field in asked.model._meta.concrete_fields]
        row = tuple if asked._fields else partial(asked.model.from_db, DEFAULT_DB_ALIAS, names)

        def read(rows: Any) -> list[Any]:  # as the driver has them
            return [row(each) for each in compiler.apply_converters(rows, converters)]

        return sql, parameters, read


@cache
def rows_having(model: type[M], *columns: str, lock: bool = False) -> Prepared[M]:
    """The rows that have certain values in these columns; `lock` holds them until the transaction ends."""

    def query() -> "QuerySet[M]":
        rows = model._default_manager.filter(**{name: Given(model, name) for name in columns}).order_by()
        return rows.select_for_update() if lock else rows

    return Prepared(query)


def insert(model: type[Model], *rows: Values) -> None:
    """Insert rows. A column that a row doesn't name gets its default. Raises IntegrityError."""
    into, places, columns = _insertion(model)
    for first in range(0, len(rows), _TOGETHER):
        batch = rows[first : first + _TOGETHER]
        _execute(
            into + ", ".join([places] * len(batch)),
            (
                (column, row[name] if name in row else column.get_default())
                for row in batch
                for name, column in columns.items()
            ),
        )


def update(model: type[Model], values: Values, *, where: Values) -> int:
    """Set these values in the rows that have those, and tell how many there are. Raises IntegrityError."""
    columns = _columns(model)
    return _execute(
        _update(model, tuple(values), tuple(where)),
        ((columns[name], value) for given in (values, where) for name, value in given.items()),
    )


@cache
def _insertion(model: type[Model]) -> tuple[str, str, dict[str, Any]]:  # see Given.column
    columns = {name: column for name, column in _columns(model).items() if not isinstance(column, AutoField)}
    names = ", ".join(_quoted(column.column) for column in columns.values())
    into = f"INSERT INTO {_quoted(model._meta.db_table)} ({names}) VALUES "  # noqa: S608  the model's names
    return into, f"({', '.join(['%s'] * len(columns))})", columns


@cache
def _update(model: type[Model], changed: tuple[str, ...], known: tuple[str, ...]) -> str:
    columns = {name: f"{_quoted(column.column)} = %s" for name, column in _columns(model).items()}
    table, changes = _quoted(model._meta.db_table), ", ".join(columns[name] for name in changed)
    return f"UPDATE {table} SET {changes} WHERE {' AND '.join(columns[name] for name in known)}"  # noqa: S608  see above


@cache
def _columns(model: type[Model]) -> dict[str, Any]:  # see Given.column
    return {column.attname: column for column in model._meta.concrete_fields}


def _quoted(name: str) -> str:
    return connections[DEFAULT_DB_ALIAS].ops.quote_name(name)


def _execute(sql: str, values: Iterable[tuple[Any, object]]) -> int:  # see Given.column
    database = connections[DEFAULT_DB_ALIAS]
    with _cursor(database) as cursor:
        cursor.execute(sql, [_stored(column, value, database) for column, value in values])
        return int(cursor.rowcount)


def _bound(parameter: Any, values: Values, database: BaseDatabaseWrapper) -> Any:  # as the driver takes it
    if isinstance(parameter, Given):
        return _stored(parameter.column, values[parameter.name], database)
    return parameter


def _stored(column: Any, value: object, database: BaseDatabaseWrapper) -> Any:  # as the driver takes it
    return value if isinstance(column, _PLAIN) else column.get_db_prep_value(value, database)


def _cursor(database: BaseDatabaseWrapper) -> CursorWrapper:
    """A cursor with which PostgreSQL prepares what it is sent again and again, if the settings allow it.

    Django's own sends every statement as a text to be planned anew, as PgBouncer wants it.
    """
    if database.settings_dict["OPTIONS"].get("prepare_threshold") is None:
        return database.cursor()
    database.ensure_connection()
    own: Any = database  # the stubs don't know what its cursor() does
    wrapped: CursorWrapper = own._prepare_cursor(psycopg.Cursor(own.connection))  # noqa: SLF001  see above
    return wrapped
