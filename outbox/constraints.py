"""Finds the name of the constraint that a database error violates, on PostgreSQL and SQLite."""

import re

from django.db import IntegrityError, models

_SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (?P<columns>.+)")
_SQLITE_CHECK = re.compile(r"CHECK constraint failed: (?P<name>\w+)")


def broken_constraint(error: IntegrityError, *tables: type[models.Model]) -> str | None:
    """The name of the violated constraint, or None if it belongs to none of these tables.

    PostgreSQL reports the name. SQLite reports it for CHECK alone; for UNIQUE it lists the columns, which
    must belong to a single constraint.
    """
    diagnostics = getattr(error.__cause__, "diag", None)
    if diagnostics is not None:
        name: str | None = diagnostics.constraint_name
        return name
    if check := _SQLITE_CHECK.search(str(error)):
        return check["name"]
    if unique := _SQLITE_UNIQUE.search(str(error)):
        columns = {column.strip() for column in unique["columns"].split(",")}
        return next((name for table in tables if (name := _unique_over(columns, table))), None)
    return None


def _unique_over(columns: set[str], model: type[models.Model]) -> str | None:
    table = model._meta.db_table
    column = {field.name: f"{table}.{field.column}" for field in model._meta.concrete_fields}
    for constraint in model._meta.constraints:
        unique = constraint.fields if isinstance(constraint, models.UniqueConstraint) else ()
        if {column[field] for field in unique} == columns:
            return constraint.name
    return None
