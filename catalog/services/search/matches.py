"""Find Books by their words, with the same results on every database.

Words are split and folded in Python; the databases only compare them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from catalog.services.search.indexing import AUTHOR_PREFIX, POPULAR_MARK, language_mark
from catalog.services.search.search_query import SearchQuery

MOST_BOOKS = 1000
"""The limit of a search; popular Books are found first."""

_BRANCH = {
    "postgresql": "(SELECT id, sort_key, popularity FROM catalog_bookrow"  # noqa: S608  a constant
    f" WHERE search_words @@ %s::tsquery LIMIT {MOST_BOOKS})",
    "sqlite": "SELECT * FROM (SELECT id, sort_key, popularity FROM catalog_booksearch"  # noqa: S608  likewise
    " JOIN catalog_bookrow ON catalog_bookrow.id = catalog_booksearch.book"
    f" WHERE catalog_booksearch MATCH %s LIMIT {MOST_BOOKS})",
}


def matching_books_sql(search: SearchQuery) -> tuple[str, list[str]]:
    """SQL that selects the matching Books, and its parameters: matches of whole words before prefixes.

    It returns at most a thousand rows, and reads only the index until it has found them. The query must be
    one that can match.
    """
    tried = [_index_query(search, POPULAR_MARK), _index_query(search)]
    if any(search.completions.get(word) != [word] for word in (*search.words, *search.author_words)):
        tried.append(_index_query(search, completions=search.completions))
    branches = " UNION ALL ".join([_BRANCH[connection.vendor]] * len(tried))
    return f"SELECT DISTINCT id, sort_key, popularity FROM ({branches} LIMIT {MOST_BOOKS}) AS tried", tried  # noqa: S608  constants


def matching_ids(search: SearchQuery) -> list[UUID]:
    """The ids of the matching Books, a thousand at most."""
    if search.matches_nothing:
        return []
    books, wanted = matching_books_sql(search)
    return [to_uuid(book) for (book,) in _fetch_all(f"SELECT id FROM ({books}) AS found", wanted)]  # noqa: S608  constants


def match_counts(*searches: SearchQuery) -> list[int]:
    """The number of matches of each query, counted up to a thousand, with at most one SQL query."""
    asked = {
        number: _index_query(it, completions=it.completions)
        for number, it in enumerate(searches)
        if not it.matches_nothing
    }
    if not asked:
        return [0] * len(searches)
    counts = [f"SELECT {number}, count(*) FROM ({_BRANCH[connection.vendor]}) AS found" for number in asked]  # noqa: S608  constants
    counted = dict(_fetch_all(" UNION ALL ".join(counts), list(asked.values())))
    return [counted.get(number, 0) for number in range(len(searches))]


def to_uuid(key: object) -> UUID:
    """A Book's id from a raw SQL row: SQLite gives text."""
    return key if isinstance(key, UUID) else UUID(str(key))


def _fetch_all(sql: str, params: Sequence[str | int]) -> list[tuple[Any, ...]]:  # columns of any type
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def matches_text(text: str) -> Q:
    """A filter for the Books that match this text, a thousand at most."""
    search = SearchQuery.of(text)
    return Q(pk__in=matching_ids(search) if search else [])


def all_matches(search: SearchQuery) -> Q | RawSQL:
    """A filter for all matching Books. Slow for common words: use it for exports, not for pages."""
    if search.matches_nothing:
        return Q(pk__in=[])
    wanted = _index_query(search, completions={})
    if connection.vendor == "postgresql":
        return RawSQL('"catalog_bookrow"."search_words" @@ %s::tsquery', [wanted], BooleanField())
    indexed = "SELECT book FROM catalog_booksearch WHERE catalog_booksearch MATCH %s"
    return Q(pk__in=RawSQL(indexed, [wanted]))  # noqa: S611  a constant and a parameter


def _index_query(
    search: SearchQuery, *marks: str, completions: Mapping[str, Sequence[str]] | None = None
) -> str:
    """The full-text query in the database's syntax: for whole words, their `completions`, or prefixes.

    Words consist of letters, marks and digits, so nothing needs escaping.
    """
    syntax = _SYNTAX[connection.vendor]
    words = [*(("", word) for word in search.words), *((AUTHOR_PREFIX, word) for word in search.author_words)]
    wanted = [_one(syntax, mark, word, completions) for mark, word in words]
    marks = (*marks, *([language_mark(search.language)] if search.language else []))
    return syntax.whole.format(syntax.all_of.join([*wanted, *(syntax.quoted(mark) for mark in marks)]))


class _Syntax(NamedTuple):
    quote: str
    beginning: str
    any_of: str
    all_of: str
    whole: str = "{}"

    def quoted(self, word: str) -> str:
        return f"{self.quote}{word}{self.quote}"


_SYNTAX = {
    "postgresql": _Syntax("'", ":*", " | ", " & "),
    "sqlite": _Syntax('"', " *", " OR ", " AND ", "words : ({})"),
}


def _one(syntax: _Syntax, mark: str, word: str, completions: Mapping[str, Sequence[str]] | None) -> str:
    if completions is None:
        return syntax.quoted(mark + word)
    if others := completions.get(word):
        return f"({syntax.any_of.join(syntax.quoted(mark + other) for other in others)})"
    return syntax.quoted(mark + word) + syntax.beginning
