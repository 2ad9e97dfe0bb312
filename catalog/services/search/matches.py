"""Finding Books by their words, alike on every database.

The words are folded here, and each database is given the very same ones: it neither splits nor folds.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from catalog.services.search.indexing import OF_AUTHOR, OFTEN, in_language
from catalog.services.search.search_query import Sought

MOST_BOOKS = 1000
"""So many are found by words at most; of more, those that are often borrowed come first."""

_BRANCH = {
    "postgresql": "(SELECT id, sort_key, popularity FROM catalog_bookrow"  # noqa: S608  a constant
    f" WHERE search_words @@ %s::tsquery LIMIT {MOST_BOOKS})",
    "sqlite": "SELECT * FROM (SELECT id, sort_key, popularity FROM catalog_booksearch"  # noqa: S608  likewise
    " JOIN catalog_bookrow ON catalog_bookrow.id = catalog_booksearch.book"
    f" WHERE catalog_booksearch MATCH %s LIMIT {MOST_BOOKS})",
}


def found(sought: Sought) -> tuple[str, list[str]]:
    """SQL for the Books that have all of it, and its parameters: whole words before beginnings of words.

    A thousand at most; it reads the index alone until they are found, however many there are. It must not be
    sought in vain.
    """
    tried = [_wanted(sought, OFTEN), _wanted(sought)]
    if any(sought.begun.get(word) != [word] for word in (*sought.words, *sought.of_authors)):
        tried.append(_wanted(sought, begun=sought.begun))
    branches = " UNION ALL ".join([_BRANCH[connection.vendor]] * len(tried))
    return f"SELECT DISTINCT id, sort_key, popularity FROM ({branches} LIMIT {MOST_BOOKS}) AS tried", tried  # noqa: S608  constants


def ids_found(sought: Sought) -> list[UUID]:
    """Those Books."""
    if sought.is_in_vain:
        return []
    books, wanted = found(sought)
    return [as_id(book) for (book,) in _ask(f"SELECT id FROM ({books}) AS found", wanted)]  # noqa: S608  constants


def numbers_found(*sought: Sought) -> list[int]:
    """How many Books have all of it, for each, by at most one SQL query. It counts to a thousand."""
    asked = {number: _wanted(it, begun=it.begun) for number, it in enumerate(sought) if not it.is_in_vain}
    if not asked:
        return [0] * len(sought)
    counts = [f"SELECT {number}, count(*) FROM ({_BRANCH[connection.vendor]}) AS found" for number in asked]  # noqa: S608  constants
    counted = dict(_ask(" UNION ALL ".join(counts), list(asked.values())))
    return [counted.get(number, 0) for number in range(len(sought))]


def as_id(key: object) -> UUID:
    """A Book's id as the database gives it to SQL that is written by hand."""
    return key if isinstance(key, UUID) else UUID(str(key))


def _ask(question: str, wanted: Sequence[str | int]) -> list[tuple[Any, ...]]:  # whatever is asked for
    with connection.cursor() as cursor:
        cursor.execute(question, wanted)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def books_found(text: str) -> Q:
    """Those Books, as a condition."""
    sought = Sought.of(text)
    return Q(pk__in=ids_found(sought) if sought else [])


def books_with(sought: Sought) -> Q | RawSQL:
    """All Books that have all of it, however many: not for a page that somebody waits for."""
    if sought.is_in_vain:
        return Q(pk__in=[])
    wanted = _wanted(sought, begun={})
    if connection.vendor == "postgresql":
        return RawSQL('"catalog_bookrow"."search_words" @@ %s::tsquery', [wanted], BooleanField())
    found = "SELECT book FROM catalog_booksearch WHERE catalog_booksearch MATCH %s"
    return Q(pk__in=RawSQL(found, [wanted]))  # noqa: S611  a constant and a parameter


def _wanted(sought: Sought, *marks: str, begun: Mapping[str, Sequence[str]] | None = None) -> str:
    """What the database's index is asked: for whole words, or for `begun`, or else beginnings of words.

    A word is letters, marks and digits: nothing is to be quoted.
    """
    syntax = _SYNTAX[connection.vendor]
    words = [*(("", word) for word in sought.words), *((OF_AUTHOR, word) for word in sought.of_authors)]
    wanted = [_one(syntax, mark, word, begun) for mark, word in words]
    marks = (*marks, *([in_language(sought.language)] if sought.language else []))
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


def _one(syntax: _Syntax, mark: str, word: str, begun: Mapping[str, Sequence[str]] | None) -> str:
    if begun is None:
        return syntax.quoted(mark + word)
    if others := begun.get(word):
        return f"({syntax.any_of.join(syntax.quoted(mark + other) for other in others)})"
    return syntax.quoted(mark + word) + syntax.beginning
