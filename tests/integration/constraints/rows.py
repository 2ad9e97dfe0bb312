"""Valid rows of each table, to be changed until a constraint refuses them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from django.db import models

Changes = dict[str, Any]

AT = datetime(2030, 5, 1, 12, tzinfo=UTC)
LATER = datetime(2030, 5, 2, 12, tzinfo=UTC)
BEFORE = datetime(2030, 4, 30, 12, tzinfo=UTC)
ON = date(2030, 5, 1)

#: The value of a column that a row must have and that no constraint of its own asks about.
_BY_KIND: dict[type[Any], Callable[[], object]] = {
    models.UUIDField: uuid4,
    models.ForeignKey: uuid4,
    models.CharField: lambda: uuid4().hex,
    models.TextField: lambda: "text",
    models.JSONField: lambda: ["something"],
    models.BinaryField: lambda: b"bytes",
    models.BooleanField: lambda: False,
    models.DateField: lambda: ON,
    models.DateTimeField: lambda: AT,
    models.SmallIntegerField: lambda: 1,
    models.PositiveSmallIntegerField: lambda: 1,
    models.PositiveIntegerField: lambda: 1,
    models.PositiveBigIntegerField: lambda: 1,
    models.BigIntegerField: lambda: 1,
}


def a_row(model: type[models.Model], **changes: Any) -> models.Model:
    """An unsaved row. Nullable columns, and those with a default, are left to it."""
    values = {
        each.attname: _value(each)
        for each in model._meta.concrete_fields
        if not (
            each.null or each.has_default() or each.has_db_default() or isinstance(each, models.AutoField)
        )
    }
    return model(**values | changes)


def _value(column: Any) -> object:  # any field
    value = _BY_KIND[type(column)]()
    return value[: column.max_length] if isinstance(value, str) else value


@dataclass(frozen=True, kw_only=True)
class Example:
    """Rows that a constraint lets pass, and rows each of which it refuses beside them."""

    model: type[models.Model]
    valid: Changes = field(default_factory=dict)  # of all rows
    passes: tuple[Changes, ...] = ({},)
    breaks: tuple[Changes, ...]
