"""Queries that Django compiles once, for what the desk does all day.

Django builds the SQL of a query set anew each time, which takes several times longer than PostgreSQL takes to
carry it out (benchmarks/). Here it is built once and then only executed with other values; on a connection of
the pool PostgreSQL also keeps its plan. An endpoint needs none of this: a plain query set is merely slower.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property, partial
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, JSONField, Model, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KeyTransform

from shared_kernel.services.codec import from_json
from shared_kernel.sql.columns import array_sql, array_value, to_db_value
from shared_kernel.sql.execution import execute

M = TypeVar("M", bound=Model)
R = TypeVar("R")
Values = Mapping[str, Any]  # by the parameter's key, as various as columns


class Param(Expression):
    """A parameter of a CompiledQuery: a value of a column, given at each call.

    Its keyword is the column's name, or `key` where a query needs two values of one column.
    """

    def __init__(self, model: type[Model], name: str, key: str = "") -> None:
        super().__init__()
        self.model = model
        self.name = name
        self.key = key or name

    def as_sql(  # type: ignore[override]  # it needs none of Django's arguments
        self, *_: object, **__: object
    ) -> tuple[str, list[Any]]:
        """A placeholder, and itself in place of the value."""
        return "%s", [self]

    def parameter(self, values: Values) -> Any:  # any driver's
        """The driver's parameter for the value given."""
        return to_db_value(self.model, self.name, values[self.key])


class ArrayParam(Param):
    """A parameter behind `__in`: any number of values of a column."""

    def as_sql(  # type: ignore[override]  # see above
        self, *_: object, **__: object
    ) -> tuple[str, list[Any]]:
        """One placeholder for all values."""
        return f"({array_sql(self.model, self.name)})", [self]

    def parameter(self, values: Values) -> Any:  # any driver's
        """The driver's parameter for all values given."""
        return array_value(self.model, self.name, values[self.key])


class CompiledQuery(Generic[R]):
    """A compiled query set: `CompiledQuery(lambda: Row.objects.filter(code=Param(Row, "code")))`.

    Called with a value for each Param and a collection for each ArrayParam, it returns rows of the model, or
    tuples of a `values_list`. `hold` locks the rows of this model until the transaction ends (FOR NO KEY
    UPDATE), on PostgreSQL.
    """

    def __init__(self, query: Callable[[], "QuerySet[Any, R]"], *, hold: type[Model] | None = None) -> None:
        self._query = query
        self._hold = hold

    def __call__(self, **values: object) -> list[R]:
        """The rows for these values."""
        sql, parameters, read = self._compiled
        given = [each.parameter(values) if isinstance(each, Param) else each for each in parameters]
        return execute(sql, given, read)

    @cached_property
    def _compiled(self) -> tuple[str, Sequence[Any], Callable[[Any], list[R]]]:
        query: Any = self._query()  # the stubs don't know what a query set has inside
        compiler = query.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        database = connections[DEFAULT_DB_ALIAS]
        if self._hold and database.vendor == "postgresql":  # Django has no such lock for a values_list
            sql += f" FOR NO KEY UPDATE OF {database.ops.quote_name(self._hold._meta.db_table)}"
        names = [field.attname for field in query.model._meta.concrete_fields]
        row = tuple if query._fields else partial(query.model.from_db, DEFAULT_DB_ALIAS, names)
        converters = _converters(compiler)

        def read(cursor: Any) -> list[Any]:  # any driver's
            return [row(each) for each in compiler.apply_converters(cursor.fetchall(), converters)]

        return sql, parameters, read


def array_param(model: type[Model], name: str, values: Iterable[object]) -> RawSQL:
    """Any number of values as one parameter: `filter(id__in=array_param(Row, "id", ids))`."""
    return RawSQL(array_sql(model, name), [array_value(model, name, values)])  # noqa: S611  a constant


@cache
def compiled_filter(model: type[M], *columns: str, lock: bool = False) -> CompiledQuery[M]:
    """The rows with given values in these columns; `lock` locks them (FOR UPDATE)."""

    def query() -> "QuerySet[M]":
        rows = model._default_manager.filter(**{name: Param(model, name) for name in columns}).order_by()
        return rows.select_for_update() if lock else rows

    return CompiledQuery(query)


def _converters(compiler: Any) -> dict[int, Any]:  # Django's own, but for JSON, which msgspec reads faster
    converters: dict[int, Any] = compiler.get_converters([expression for expression, *_ in compiler.select])
    for number, (_, expression) in converters.items():
        if isinstance(expression.output_field, JSONField) and not isinstance(expression, KeyTransform):
            converters[number] = [_read_json], expression
    return converters


def _read_json(stored: str | None, *_: object) -> Any:  # any JSON
    return None if stored is None else from_json(stored, Any)
