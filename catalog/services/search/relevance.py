"""Which of the Books that are found by words comes first; the database ranks them, each in the same way."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from catalog.models import BookRow
from catalog.services.search.matches import as_id, found
from catalog.services.search.search_query import Sought
from shared_kernel.services.pagination import PageRequest
from shared_kernel.sql import to_db_value

#: What it is worth that the title is what was looked for, begins with it, has all of its words, has words
#: that begin with them. Popularity grows by 100 each time that a Book is borrowed twice as often.
_IS, _BEGINS, _HAS, _HAS_BEGINNINGS = 1200, 400, 200, 100
_POSITION = {"postgresql": "strpos", "sqlite": "instr"}
#: The best first, and in the order of their titles where they are as good.
_ORDER = ("place", "sort_key", "id")


Place = tuple[int, str, UUID]  # the values of _ORDER


def ranked(sought: Sought, request: PageRequest, *, at_most: int) -> list[Place]:
    """So many of the Books that have all of it, from where the page begins; by one SQL query."""
    if sought.is_in_vain:
        return []
    (worth, values), (books, wanted) = _worth(sought.words), found(sought)
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
        return [(place, title, as_id(book)) for place, title, book in cursor.fetchall()]


def _worth(words: Sequence[str]) -> tuple[str, list[str]]:
    """What a title is worth, as SQL; it consists of folded words, one blank between two."""
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
