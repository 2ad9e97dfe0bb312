"""A search query: its words, and the words of the catalogue that they are prefixes of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import connection

from catalog.domain.isbn import ISBN
from catalog.domain.text import query_words
from catalog.services.search.indexing import is_correctable
from shared_kernel.domain.errors import Refused

_MOST_WORDS = 16  # of a query; the rest are ignored
#: A prefix with more completions than this is searched for as a prefix.
_MOST_COMPLETIONS = 200
HIGHEST_CHAR = "\U0010ffff"
"""Appended to a prefix, it sorts after every word with that prefix."""
# By hand: Django can't limit each part of a union on SQLite.
_COMPLETIONS_SQL = (
    "SELECT * FROM (SELECT word FROM catalog_wordrow WHERE word >= %s AND word < %s ORDER BY word LIMIT %s)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """The words to find in a Book, the words to find among its authors, and a language (ISO 639).

    Each word must be a prefix of one of the Book's words, ignoring accents and case. `completions` maps a
    word to all words of the catalogue that begin with it; words with too many of them are left out.
    """

    words: tuple[str, ...]
    author_words: tuple[str, ...]
    language: str | None
    completions: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, q: str, *, author: str = "", language: str | None = None) -> "SearchQuery | None":
        """Parse the texts, with one SQL query for the completions. None if both are blank."""
        if not (q.strip() or author.strip()):
            return None
        words, author_words = query_terms(q), tuple(_first(query_words(author)))
        completions = _completions_of((*words, *author_words))
        return cls(words=words, author_words=author_words, language=language, completions=completions)

    def with_words(self, others: Mapping[str, str]) -> "SearchQuery":
        """The same query with some words replaced by exact words of the catalogue."""
        kept = {word: completions for word, completions in self.completions.items() if word not in others}
        return replace(
            self,
            words=tuple(others.get(word, word) for word in self.words),
            completions=kept | {word: [word] for word in others.values()},
        )

    @property
    def matches_nothing(self) -> bool:
        """Whether no Book can match: it has no words, or a word that is a prefix of none in the catalogue."""
        return not (self.words or self.author_words) or any(not words for words in self.completions.values())

    @property
    def unknown_words(self) -> list[str]:
        """The words that are known to be a prefix of no word in the catalogue."""
        return [word for word in self.words if self.completions.get(word) == []]


def query_terms(text: str) -> tuple[str, ...]:
    """The folded words of a search text. An ISBN, of 10 or 13 digits, is one word."""
    found = _isbn_in(text) or [it for part in text.split() for it in _isbn_in(part) or query_words(part)]
    return tuple(_first(found))


def _isbn_in(text: str) -> list[str]:
    try:
        return [ISBN.parse(text).digits]
    except Refused:
        return []


def _first(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(words))[:_MOST_WORDS]


def _completions_of(words: Sequence[str]) -> dict[str, list[str]]:
    """The words of the catalogue that begin with each of these, unless there are too many.

    For a prefix, a database reads every Book that has any of its completions. For whole words, it starts from
    the rarest one and looks the others up.
    """
    spelt = [word for word in dict.fromkeys(words) if is_correctable(word)]
    if not spelt:
        return {}
    bounds = [bound for word in spelt for bound in (word, word + HIGHEST_CHAR, _MOST_COMPLETIONS + 1)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([f"{_COMPLETIONS_SQL} AS completions"] * len(spelt)), bounds)
        known = {word for (word,) in cursor.fetchall()}
    completions = {word: sorted(other for other in known if other.startswith(word)) for word in spelt}
    return {word: others for word, others in completions.items() if len(others) <= _MOST_COMPLETIONS}
