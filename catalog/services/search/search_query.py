"""What somebody looks for, with what the catalogue knows of its words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import connection

from catalog.domain.isbn import ISBN
from catalog.domain.text import words_sought
from catalog.services.search.indexing import is_spelt
from shared_kernel.domain.errors import Refused

_MOST_WORDS = 16  # are looked for, of however many
#: A word is the beginning of so many others at most, to be looked for as each of them.
_MOST_BEGUN = 200
AFTER_ALL = "\U0010ffff"
"""Behind a word: greater than all that begin with it."""
# By hand: Django can't limit each part of a union on SQLite.
_BEGUN = (
    "SELECT * FROM (SELECT word FROM catalog_wordrow WHERE word >= %s AND word < %s ORDER BY word LIMIT %s)"
)


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
        kept = {word: begun for word, begun in self.begun.items() if word not in others}
        return replace(
            self,
            words=tuple(others.get(word, word) for word in self.words),
            begun=kept | {word: [word] for word in others.values()},
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


def _begun_by(words: Sequence[str]) -> dict[str, list[str]]:
    """The words of the catalogue that begin with each of these, but for those that begin too many.

    Asked for beginnings of words, a database goes through all Books that have any, of each. Asked for words,
    it begins with the rarest and looks the others up.
    """
    spelt = [word for word in dict.fromkeys(words) if is_spelt(word)]
    if not spelt:
        return {}
    bounds = [bound for word in spelt for bound in (word, word + AFTER_ALL, _MOST_BEGUN + 1)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([f"{_BEGUN} AS begun"] * len(spelt)), bounds)
        known = {word for (word,) in cursor.fetchall()}
    begun = {word: sorted(other for other in known if other.startswith(word)) for word in spelt}
    return {word: others for word, others in begun.items() if len(others) <= _MOST_BEGUN}
