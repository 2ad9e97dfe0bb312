"""Rank the Books that match a search. The database computes the score, the same on both."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from catalog.models import BookRow
from catalog.services.search.matches import matching_books_sql, to_uuid
from catalog.services.search.search_query import SearchQuery
from shared_kernel.services.pagination import PageRequest
from shared_kernel.sql.columns import to_db_value

#: Score of a title that equals the query, begins with it, contains all its words, or contains words that
#: begin with them. For comparison: popularity grows by 100 with each doubling of the borrowings.
_IS, _BEGINS, _HAS, _HAS_BEGINNINGS = 1200, 400, 200, 100
_POSITION = {"postgresql": "strpos", "sqlite": "instr"}
#: Best score first, then by title.
_ORDER = ("place", "sort_key", "id")


RankingKey = tuple[int, str, UUID]  # the values of _ORDER


def ranked(search: SearchQuery, request: PageRequest, *, at_most: int) -> list[RankingKey]:
    """The best matches from where the page begins, `at_most` of them, with one SQL query."""
    if search.matches_nothing:
        return []
    (worth, values), (books, wanted) = _title_score(search.words), matching_books_sql(search)
    behind, here = "TRUE", []
    if request.keys is not None:
        *keys, book = request.keys
        behind = f"({', '.join(_ORDER)}) {'<' if request.backwards else '>'} (%s, %s, %s)"
        here = [*keys, to_db_value(BookRow, "id", book)]
    order = ", ".join(f"{name} {'DESC' if request.backwards else 'ASC'}" for name in _ORDER)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(_ORDER)}"  # noqa: S608  constants, and values beside them
            f" FROM (SELECT id, sort_key, -popularity - ({worth}) AS place FROM ({books}) AS found) AS placed"
            f" WHERE {behind} ORDER BY {order} LIMIT {at_most}",
            [*values, *wanted, *here],
        )
        return [(place, title, to_uuid(book)) for place, title, book in cursor.fetchall()]


def _title_score(words: Sequence[str]) -> tuple[str, list[str]]:
    """SQL for the score of `sort_key`, which has one space between words; and its parameters."""
    if not words:
        return "0", []
    phrase, position = " ".join(words), _POSITION[connection.vendor]
    beginnings = " AND ".join([f"{position}(' ' || sort_key, %s) > 0"] * len(words))
    whole = " AND ".join([f"{position}(' ' || sort_key || ' ', %s) > 0"] * len(words))
    worth = (
        f"CASE WHEN sort_key = %s THEN {_IS}"
        f" WHEN substr(sort_key, 1, {len(phrase) + 1}) = %s THEN {_BEGINS}"
        f" WHEN {whole} THEN {_HAS} WHEN {beginnings} THEN {_HAS_BEGINNINGS} ELSE 0 END"
    )
    return worth, [phrase, phrase + " ", *(f" {word} " for word in words), *(f" {word}" for word in words)]
