"""Many rows, some at a time, so that memory stays small."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

_BATCH: Final = 500


def ids_in_batches(rows: "QuerySet[Any]") -> Iterator[UUID]:  # loans or holds
    """Their ids, in the order of these; rows that are changed meanwhile are not met twice."""
    ids = rows.order_by("id").values_list("id", flat=True)
    batch = list(ids[:_BATCH])
    while batch:
        yield from batch
        batch = list(ids.filter(id__gt=batch[-1])[:_BATCH])
