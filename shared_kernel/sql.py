"""Statements that are written once, for what the desk does all day.

The ORM writes each statement anew, which takes several times longer than the database takes to carry it out
(benchmarks/). Here the models still say what tables and columns there are, and what a value is to the
database; only the text is kept. So PostgreSQL can keep its plan, too.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, cached_property, partial
from threading import local
from typing import Any, Generic, NamedTuple, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import (
    AutoField,
    BinaryField,
    CharField,
    Expression,
    IntegerField,
    JSONField,
    Model,
    QuerySet,
    TextField,
)
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KeyTransform

from shared_kernel.services.codec import from_json

#: Rows in one statement: SQLite takes 32 766 parameters.
_TOGETHER = 500
#: More rows than these are a statement of their own anyway.
_MOST_ALONG = 20

M = TypeVar("M", bound=Model)
R = TypeVar("R")
Values = Mapping[str, Any]  # by column, as various as columns


class Param(Expression):
    """Stands in a prepared query for a value of a column, to be given each time that the query is asked.

    It is given by the column's name, or by `key` where a query asks for two values of one column.
    """

    def __init__(self, model: type[Model], name: str, key: str = "") -> None:
        super().__init__()
        self.model = model
        self.name = name
        self.key = key or name

    def as_sql(  # type: ignore[override]  # it makes nothing of Django's arguments
        self, *_: object, **__: object
    ) -> tuple[str, list[Any]]:
        """A place, and what stands in it."""
        return "%s", [self]


class ArrayParam(Param):
    """Stands there behind `in` for values of a column, however many."""

    def as_sql(  # type: ignore[override]  # see above
        self, *_: object, **__: object
    ) -> tuple[str, list[Any]]:
        """A place for all of them, so that the text is the same for any number."""
        return f"({_place_for_all(self.model, self.name)})", [self]


class CompiledQuery(Generic[R]):
    """A query that Django writes once: `CompiledQuery(lambda: Row.objects.filter(code=Given(Row, "code")))`.

    It answers with what the query set consists of: rows of the model, or tuples of a `values_list`. Rows of
    the model to `hold` are kept as they are until the transaction ends.
    """

    def __init__(self, query: Callable[[], "QuerySet[Any, R]"], *, hold: type[Model] | None = None) -> None:
        self._query = query
        self._hold = hold

    def __call__(self, **values: object) -> list[R]:
        """Ask, with a value for each column that is `Given`, and values for one that is `ArrayParam`."""
        sql, find, read = self._written
        return _carry_out(sql, [each(values) for each in find], read)

    @cached_property
    def _written(self) -> tuple[str, Sequence[Callable[[Values], Any]], Callable[[Any], list[R]]]:
        asked: Any = self._query()  # what it consists of, is nothing that the stubs know
        compiler = asked.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        database = connections[DEFAULT_DB_ALIAS]
        if self._hold and database.vendor == "postgresql":  # Django takes no such lock with a values_list
            sql += f" FOR NO KEY UPDATE OF {database.ops.quote_name(self._hold._meta.db_table)}"
        converters = compiler.get_converters([expression for expression, *_ in compiler.select])
        for number, (_, expression) in converters.items():
            if isinstance(expression.output_field, JSONField) and not isinstance(expression, KeyTransform):
                converters[number] = [_read_json], expression
        names = [field.attname for field in asked.model._meta.concrete_fields]
        row = tuple if asked._fields else partial(asked.model.from_db, DEFAULT_DB_ALIAS, names)

        def read(cursor: Any) -> list[Any]:  # any driver's
            rows = cursor.fetchall()
            return [row(each) for each in compiler.apply_converters(rows, converters)]

        return sql, [_finder(each) for each in parameters], read


def _read_json(stored: str | None, *_: object) -> Any:  # any JSON
    """What Django's field makes of it, in a fifth of the time."""
    return None if stored is None else from_json(stored, Any)


def to_db_value(model: type[Model], name: str, value: object) -> Any:  # any driver's parameter
    """What a value of this column is to the database, for SQL that is written by hand."""
    return _columns(model)[name].store(value)


def array_param(model: type[Model], name: str, values: Iterable[object]) -> RawSQL:
    """Values of a column as one parameter, however many: `filter(id__in=array_param(Row, "id", ids))`."""
    return RawSQL(_place_for_all(model, name), [_all_in_one(model, name, values)])  # noqa: S611  a constant


@cache
def compiled_filter(model: type[M], *columns: str, lock: bool = False) -> CompiledQuery[M]:
    """The rows that have certain values in these columns; `lock` holds them until the transaction ends."""

    def query() -> "QuerySet[M]":
        rows = model._default_manager.filter(**{name: Param(model, name) for name in columns}).order_by()
        return rows.select_for_update() if lock else rows

    return CompiledQuery(query)


def insert(model: type[Model], *rows: Values, on_conflict: str = "") -> int:
    """Insert rows and return how many were written. Raises IntegrityError.

    A column that a row doesn't name gets its default. `on_conflict` is SQL to follow the rows, as
    `ON CONFLICT (…) DO UPDATE SET …`.
    """
    written = 0
    for first in range(0, len(rows), _TOGETHER):
        sql, parameters = _inserting(model, rows[first : first + _TOGETHER])
        written += _write(f"{sql} {on_conflict}", parameters)
    return written


def defer_insert(model: type[Model], *rows: Values) -> None:
    """Insert a few rows, which nobody reads before the end, with the next statement that writes.

    So their way to PostgreSQL costs no time of its own. Outside `along` they are inserted at once.
    """
    waiting = _waiting.get()
    if waiting is None or len(rows) > _MOST_ALONG or connections[DEFAULT_DB_ALIAS].vendor != "postgresql":
        insert(model, *rows)
    elif rows:
        waiting.append(_inserting(model, rows))


@contextmanager
def deferred_inserts() -> Iterator[None]:
    """Let `defer_insert` wait, at most until the end of this. After a failure nothing of it is written."""
    token = _waiting.set([])
    try:
        yield
        if waiting := _waiting.get():
            _write(*waiting.pop())
    finally:
        _waiting.reset(token)


def update(model: type[Model], values: Values, *, where: Values) -> int:
    """Set these values in the rows that have those, and tell how many there are. Raises IntegrityError."""
    return _write(*_updating(model, values, where))


def defer_update(model: type[Model], values: Values, *, where: Values) -> None:
    """The same with the next statement that writes, as `defer_insert`."""
    waiting = _waiting.get()
    if waiting is None or connections[DEFAULT_DB_ALIAS].vendor != "postgresql":
        update(model, values, where=where)
    else:
        waiting.append(_updating(model, values, where))


class _Column(NamedTuple):
    name: str  # quoted
    store: Callable[[Any], Any]  # what a value is to the driver
    default: Callable[[], Any]
    is_drawn: bool  # by the database


@cache
def _columns(model: type[Model]) -> dict[str, _Column]:
    database = connections[DEFAULT_DB_ALIAS]
    columns = {}
    for field in model._meta.concrete_fields:
        name, is_drawn = database.ops.quote_name(field.column or ""), isinstance(field, AutoField)
        columns[field.attname] = _Column(name, _store(field), field.get_default, is_drawn)
    return columns


def _store(field: Any) -> Callable[[Any], Any]:  # the stubs know no field that has every method
    if connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
        is_plain = not isinstance(field, JSONField | BinaryField)
    else:
        is_plain = isinstance(field, CharField | TextField | IntegerField)
    return (
        (lambda value: value)
        if is_plain
        else lambda value: field.get_db_prep_value(value, connections[DEFAULT_DB_ALIAS])
    )


def _finder(parameter: object) -> Callable[[Values], Any]:
    """What finds a parameter of a statement among the values that are given."""
    if not isinstance(parameter, Param):
        return lambda _: parameter
    model, name, key = parameter.model, parameter.name, parameter.key
    if isinstance(parameter, ArrayParam):
        return lambda values: _all_in_one(model, name, values[key])
    store = _columns(model)[name].store
    return lambda values: store(values[key])


def _place_for_all(model: type[Model], name: str) -> str:
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor == "sqlite":
        return "SELECT value FROM json_each(%s)"
    return f"SELECT unnest(%s::{model._meta.get_field(name).db_type(database)}[])"


def _all_in_one(model: type[Model], name: str, values: Iterable[Any]) -> Any:  # a parameter for any driver
    store = _columns(model)[name].store
    found = [store(value) for value in values]
    return json.dumps(found) if connections[DEFAULT_DB_ALIAS].vendor == "sqlite" else found


_Statement = tuple[str, list[Any]]  # with parameters as various as columns
#: What is to be written with the next statement.
_waiting: ContextVar[list[_Statement] | None] = ContextVar("waiting", default=None)


def _write(sql: str, parameters: list[Any]) -> int:
    """Carry it out, with what waits to go along, and tell how many rows it concerned."""
    if waiting := _waiting.get():
        first = [f"along_{number} AS ({text})" for number, (text, _) in enumerate(waiting)]
        sql = f"WITH {', '.join(first)} {sql}"
        parameters = [*(each for _, given in waiting for each in given), *parameters]
        waiting.clear()
    return _carry_out(sql, parameters, _count)


def _inserting(model: type[Model], rows: Sequence[Values]) -> _Statement:
    into, places, columns = _insertion(model)
    return f"{into}{', '.join([places] * len(rows))}", [
        column.store(row[name] if name in row else column.default())
        for row in rows
        for name, column in columns
    ]


@cache
def _insertion(model: type[Model]) -> tuple[str, str, list[tuple[str, _Column]]]:
    columns = [(name, column) for name, column in _columns(model).items() if not column.is_drawn]
    table = connections[DEFAULT_DB_ALIAS].ops.quote_name(model._meta.db_table)
    into = f"INSERT INTO {table} ({', '.join(column.name for _, column in columns)}) VALUES "  # noqa: S608  the model's names
    return into, f"({', '.join(['%s'] * len(columns))})", columns


def _updating(model: type[Model], values: Values, where: Values) -> _Statement:
    columns = _columns(model)
    parameters = [columns[name].store(value) for given in (values, where) for name, value in given.items()]
    return _update(model, tuple(values), tuple(where)), parameters


@cache
def _update(model: type[Model], changed: tuple[str, ...], known: tuple[str, ...]) -> str:
    equal = {name: f"{column.name} = %s" for name, column in _columns(model).items()}
    table = connections[DEFAULT_DB_ALIAS].ops.quote_name(model._meta.db_table)
    changes, conditions = (
        ", ".join(equal[name] for name in changed),
        " AND ".join(equal[name] for name in known),
    )
    return f"UPDATE {table} SET {changes} WHERE {conditions}"  # noqa: S608  see above


def _count(cursor: Any) -> int:  # any driver's
    return int(cursor.rowcount)


_kept = local()


def _carry_out(sql: str, parameters: Iterable[Any], read: Callable[[Any], R]) -> R:
    """Where the settings allow it, PostgreSQL prepares what it is sent again and again.

    Django's own cursor sends every statement as a text, to be planned anew, as PgBouncer wants it.
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
