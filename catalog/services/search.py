"""Finding Books by their words, alike on every database.

The words are folded here, and each database is given the very same ones: it neither splits nor folds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from catalog.domain.isbn import ISBN
from catalog.domain.text import words_sought
from catalog.services.indexing import OF_AUTHOR, OFTEN, in_language
from shared_kernel.domain.errors import Refused

_MOST_WORDS = 16
MOST_BOOKS = 1000
"""So many are found by words at most; of more, those that are often borrowed come first."""

_BRANCH = {
    "postgresql": "(SELECT id, sort_key, popularity FROM catalog_bookrow"  # noqa: S608  a constant
    f" WHERE search_words @@ %s::tsquery LIMIT {MOST_BOOKS})",
    "sqlite": "SELECT * FROM (SELECT id, sort_key, popularity FROM catalog_booksearch"  # noqa: S608  likewise
    " JOIN catalog_bookrow ON catalog_bookrow.id = catalog_booksearch.book"
    f" WHERE catalog_booksearch MATCH %s LIMIT {MOST_BOOKS})",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is looked for: words of the Book, words of its authors, and a language (ISO 639).

    Each word is to be the beginning of one of the Book's, whatever its accents and case.
    """

    words: tuple[str, ...] = ()
    of_authors: tuple[str, ...] = ()
    language: str | None = None

    @classmethod
    def of(cls, q: str, *, author: str = "", language: str | None = None) -> "Sought | None":
        """What the texts ask for; None where they ask for nothing."""
        if not (q.strip() or author.strip()):
            return None
        return cls(words=words_in(q), of_authors=tuple(_first(words_sought(author))), language=language)

    def but(self, words: Sequence[str]) -> "Sought":
        """The same with other words."""
        return replace(self, words=tuple(words))

    @property
    def is_empty(self) -> bool:
        """Whether there is no word in what was asked for: then nothing has it."""
        return not (self.words or self.of_authors)


def words_in(text: str) -> tuple[str, ...]:
    """The folded words of what somebody looks for. An ISBN of either length is one word."""
    found = _isbn_in(text) or [it for part in text.split() for it in _isbn_in(part) or words_sought(part)]
    return tuple(_first(found))


def _isbn_in(text: str) -> list[str]:
    try:
        return [ISBN.parse(text).digits]
    except Refused:
        return []


def _first(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(words))[:_MOST_WORDS]


def found(sought: Sought) -> tuple[str, list[str]]:
    """SQL for the Books that have all of it, and its parameters: whole words before beginnings of words.

    A thousand at most; it reads the index alone until they are found, however many there are. There must be
    a word in what is sought.
    """
    tried = [_wanted(sought, OFTEN), _wanted(sought), _wanted(sought, beginnings=True)]
    branches = " UNION ALL ".join([_BRANCH[connection.vendor]] * len(tried))
    return f"SELECT DISTINCT id, sort_key, popularity FROM ({branches} LIMIT {MOST_BOOKS}) AS tried", tried  # noqa: S608  constants


def ids_found(sought: Sought) -> list[UUID]:
    """Those Books."""
    return [as_id(book) for (book,) in _ask("SELECT id FROM ({books}) AS found", sought)]


def number_found(sought: Sought) -> int:
    """How many they are."""
    return sum(number for (number,) in _ask("SELECT count(*) FROM ({books}) AS found", sought))


def as_id(key: object) -> UUID:
    """A Book's id as the database gives it to SQL that is written by hand."""
    return key if isinstance(key, UUID) else UUID(str(key))


def _ask(question: str, sought: Sought) -> list[tuple[Any, ...]]:  # whatever is asked for
    if sought.is_empty:
        return []
    books, wanted = found(sought)
    with connection.cursor() as cursor:
        cursor.execute(question.format(books=books), wanted)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def books_found(text: str) -> Q:
    """Those Books, as a condition."""
    return Q(pk__in=ids_found(Sought.of(text) or Sought()))


def books_with(sought: Sought) -> Q | RawSQL:
    """All Books that have all of it, however many: not for a page that somebody waits for."""
    if sought.is_empty:
        return Q(pk__in=[])
    wanted = _wanted(sought, beginnings=True)
    if connection.vendor == "postgresql":
        return RawSQL('"catalog_bookrow"."search_words" @@ %s::tsquery', [wanted], BooleanField())
    found = "SELECT book FROM catalog_booksearch WHERE catalog_booksearch MATCH %s"
    return Q(pk__in=RawSQL(found, [wanted]))  # noqa: S611  a constant and a parameter


def _wanted(sought: Sought, *marks: str, beginnings: bool = False) -> str:
    """What the database's index is asked. A word is letters, marks and digits: nothing is to be quoted."""
    words = [*sought.words, *(OF_AUTHOR + word for word in sought.of_authors)]
    marks = (*marks, *([in_language(sought.language)] if sought.language else []))
    if connection.vendor == "postgresql":
        suffix = ":*" if beginnings else ""
        return " & ".join([*(f"'{word}'{suffix}" for word in words), *(f"'{mark}'" for mark in marks)])
    suffix = " *" if beginnings else ""
    wanted = " AND ".join([*(f'"{word}"{suffix}' for word in words), *(f'"{mark}"' for mark in marks)])
    return f"words : ({wanted})"
