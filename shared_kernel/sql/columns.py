"""The columns of a model: their names in SQL, and how their values are given to the database driver."""

import json
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import AutoField, BinaryField, CharField, IntegerField, JSONField, Model, TextField


class Column(NamedTuple):
    """A column of a model."""

    name: str  # quoted
    to_db: Callable[[Any], Any]  # from a value of the field to the driver's parameter
    default: Callable[[], Any]
    is_generated: bool  # by the database


@cache
def columns_of(model: type[Model]) -> dict[str, Column]:
    """The columns of the model's table, by the names of their attributes."""
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    return {
        field.attname: Column(
            quote(field.column or ""), _converter(field), field.get_default, isinstance(field, AutoField)
        )
        for field in model._meta.concrete_fields
    }


def to_db_value(model: type[Model], name: str, value: object) -> Any:  # any driver's parameter
    """The parameter for a value of this column, for hand-written SQL."""
    return columns_of(model)[name].to_db(value)


def array_sql(model: type[Model], name: str) -> str:
    """A subquery for the values of one array parameter, whose text is the same for any number of values."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor == "sqlite":
        return "SELECT value FROM json_each(%s)"
    return f"SELECT unnest(%s::{model._meta.get_field(name).db_type(database)}[])"


def array_value(model: type[Model], name: str, values: Iterable[object]) -> Any:  # any driver's parameter
    """The parameter of `array_sql`."""
    found = [to_db_value(model, name, value) for value in values]
    return json.dumps(found) if connections[DEFAULT_DB_ALIAS].vendor == "sqlite" else found


def _converter(field: Any) -> Callable[[Any], Any]:  # the stubs know no field that has every method
    """Django's own conversion, left out where the driver takes the value as it is."""
    if connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
        is_plain = not isinstance(field, JSONField | BinaryField)
    else:
        is_plain = isinstance(field, CharField | TextField | IntegerField)
    if is_plain:
        return lambda value: value
    return lambda value: field.get_db_prep_value(value, connections[DEFAULT_DB_ALIAS])
