"""Iterates over the ids of many rows in batches, to keep memory small."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

_BATCH: Final = 500


def ids_in_batches(rows: "QuerySet[Any]") -> Iterator[UUID]:  # loans or holds
    """The ids of the rows, in order of id; a row that changes meanwhile is not visited twice."""
    ids = rows.order_by("id").values_list("id", flat=True)
    batch = list(ids[:_BATCH])
    while batch:
        yield from batch
        batch = list(ids.filter(id__gt=batch[-1])[:_BATCH])
