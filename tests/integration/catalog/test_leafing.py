"""How the database finds the place in the list where a later page begins."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.factories import a_book

pytestmark = pytest.mark.django_db

Execute = Callable[[str, Any, bool, dict[str, Any]], Any]  # Django's own


@pytest.mark.parametrize("ordering", ["title", "-title", "year", "-added"])
def test_a_later_page_begins_in_the_index_and_not_with_the_first_book(ordering: str) -> None:
    for title in ("Dracula", "Emma", "Ulysses"):
        a_book(title=title)
    following = Client().get(f"/api/v1/books?page_size=1&ordering={ordering}").json()["next"]
    asked: list[tuple[str, Any]] = []

    def listen(execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        assert Client().get(following).json()["results"]
    [(sql, params)] = [(sql, params) for sql, params in asked if "catalog_book" in sql and "ORDER BY" in sql]
    plan = _plan(sql, params)
    if connection.vendor == "sqlite":
        assert plan[0].startswith("SEARCH catalog_bookrow USING INDEX")
        assert not [step for step in plan if step.startswith("SCAN") or "ORDER BY" in step]
    else:
        assert "Sort" not in "".join(plan)
        place = next(step for step in plan if "Index Cond" in step)
        assert "ROW(" in place


def _plan(sql: str, params: Any) -> list[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # three books are read faster than an index
            cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}", params)
        return [str(row[-1]) for row in cursor.fetchall()]
