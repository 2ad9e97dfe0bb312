"""Finding Books by their words, alike on every database.

The words are folded here, and each database is given the very same ones: it neither splits nor folds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from catalog.domain.isbn import ISBN
from catalog.domain.text import words_sought
from catalog.services.indexing import OF_AUTHOR, OFTEN, in_language, is_spelt
from shared_kernel.domain.errors import Refused

_MOST_WORDS = 16
MOST_BOOKS = 1000
"""So many are found by words at most; of more, those that are often borrowed come first."""

#: A word is the beginning of so many others at most, to be looked for as each of them.
_MOST_BEGUN = 200
AFTER_ALL = "\U0010ffff"
"""Behind a word: greater than all that begin with it."""
_BEGUN = (
    "SELECT * FROM (SELECT word FROM catalog_wordrow WHERE word >= %s AND word < %s ORDER BY word LIMIT %s)"
)
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

    Each word is to be the beginning of one of the Book's, whatever its accents and case. `begun` has, for
    each word where that can be said, all words of the catalogue that begin with it.
    """

    words: tuple[str, ...]
    of_authors: tuple[str, ...]
    language: str | None
    begun: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, q: str, *, author: str = "", language: str | None = None) -> "Sought | None":
        """What the texts ask for, by one SQL query; None where they ask for nothing."""
        if not (q.strip() or author.strip()):
            return None
        words, of_authors = words_in(q), tuple(_first(words_sought(author)))
        begun = _begun_by((*words, *of_authors))
        return cls(words=words, of_authors=of_authors, language=language, begun=begun)

    def with_words(self, others: Mapping[str, str]) -> "Sought":
        """The same with words of the catalogue, as they are, in place of some."""
        known = {others.get(word, word): begun for word, begun in self.begun.items()}
        return replace(
            self,
            words=tuple(others.get(word, word) for word in self.words),
            begun=known | {word: [word] for word in others.values()},
        )

    @property
    def is_in_vain(self) -> bool:
        """Whether nothing can have it: there is no word in it, or one that begins none of the catalogue's."""
        return not (self.words or self.of_authors) or any(not words for words in self.begun.values())

    @property
    def unknown(self) -> list[str]:
        """Its words that begin none of the catalogue's, though all such are known."""
        return [word for word in self.words if self.begun.get(word) == []]


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


def _begun_by(words: Sequence[str]) -> dict[str, list[str]]:
    """The words of the catalogue that begin with each of these, but for those that begin too many.

    Asked for beginnings of words, a database goes through all Books that have any, of each. Asked for words,
    it begins with the rarest and looks the others up.
    """
    spelt = [word for word in dict.fromkeys(words) if is_spelt(word)]
    if not spelt:
        return {}
    bounds = [bound for word in spelt for bound in (word, word + AFTER_ALL, _MOST_BEGUN + 1)]
    known = {word for (word,) in _ask(" UNION ALL ".join([f"{_BEGUN} AS begun"] * len(spelt)), bounds)}
    begun = {word: sorted(other for other in known if other.startswith(word)) for word in spelt}
    return {word: others for word, others in begun.items() if len(others) <= _MOST_BEGUN}


def _wanted(sought: Sought, *marks: str, begun: Mapping[str, Sequence[str]] | None = None) -> str:
    """What the database's index is asked: for whole words, or for `begun`, or else beginnings of words.

    A word is letters, marks and digits: nothing is to be quoted.
    """
    ask = _LANGUAGE[connection.vendor]
    words = [*(("", word) for word in sought.words), *((OF_AUTHOR, word) for word in sought.of_authors)]
    wanted = [_one(ask, mark, word, begun) for mark, word in words]
    marks = (*marks, *([in_language(sought.language)] if sought.language else []))
    return ask.whole.format(ask.all_of.join([*wanted, *(f"{ask.quote}{mark}{ask.quote}" for mark in marks)]))


class _Language(NamedTuple):
    quote: str
    beginning: str
    any_of: str
    all_of: str
    whole: str = "{}"


_LANGUAGE = {
    "postgresql": _Language("'", ":*", " | ", " & "),
    "sqlite": _Language('"', " *", " OR ", " AND ", "words : ({})"),
}


def _one(ask: _Language, mark: str, word: str, begun: Mapping[str, Sequence[str]] | None) -> str:
    if begun is None:
        return f"{ask.quote}{mark}{word}{ask.quote}"
    if others := begun.get(word):
        return f"({ask.any_of.join(f'{ask.quote}{mark}{other}{ask.quote}' for other in others)})"
    return f"{ask.quote}{mark}{word}{ask.quote}{ask.beginning}"
