"""The full-text index of the Books, and the vocabulary for spelling correction."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from django.db import connection

from catalog.domain.book import Book
from catalog.domain.description import Description
from catalog.domain.spelling import MIN_WORD_LENGTH, skeleton
from catalog.domain.text import index_words
from catalog.models import BookRow, WordRow

#: Prefix of the words of authors' names. It occurs in no word, so no search for words can match it.
AUTHOR_PREFIX = "_"
#: Indexed with popular Books. The migration that creates PostgreSQL's index repeats it.
POPULAR_MARK = "__often"
POPULAR_FROM = 232
"""The popularity from which a Book counts as popular: borrowed four times a year."""


_MIN_PREFIX = MIN_WORD_LENGTH - 1


def language_mark(code: str) -> str:
    """The word indexed with every Book in this language (ISO 639)."""
    return "__in_" + code.lower().replace("-", "_")


def search_text(description: Description) -> str:
    """All words by which a Book is found, separated by spaces."""
    names = [word for name in description.authors for word in index_words(name)]
    said = [word for text in (description.title.text, *description.subjects) for word in index_words(text)]
    isbns = [isbn.digits for isbn in description.isbns]
    return " ".join(dict.fromkeys([*said, *names, *isbns, *(AUTHOR_PREFIX + name for name in names)]))


def index_new(books: Sequence[Book]) -> None:
    """Index new Books, in the transaction that writes them."""
    _add_to_vocabulary(books)
    if connection.vendor == "sqlite":  # on PostgreSQL the index is a generated column
        _insert(
            (book.id, search_text(book.description), book.description.language or "", 0) for book in books
        )


def reindex(books: Collection[Book]) -> None:
    """Index changed Books again, in the transaction that writes them."""
    _add_to_vocabulary(books)
    reindex_rows([book.id for book in books])


def reindex_rows(books: Collection[UUID]) -> None:
    """Index these Books again from their rows. On PostgreSQL the index is a generated column."""
    if connection.vendor == "sqlite":
        remove_from_index(books)
        rows = BookRow.objects.filter(id__in=books)
        _insert(rows.values_list("id", "search_text", "language", "popularity"))


def remove_from_index(books: Collection[UUID]) -> None:
    """Remove Books from the index. On PostgreSQL the index is a generated column."""
    if connection.vendor != "sqlite":
        return
    same = "SELECT rowid FROM catalog_booksearch WHERE catalog_booksearch MATCH %s"
    with connection.cursor() as cursor:
        cursor.executemany(
            f"DELETE FROM catalog_booksearch WHERE rowid IN ({same})",  # noqa: S608  a constant
            [(f'book : "{book.hex}"',) for book in books],
        )


def _insert(rows: Iterable[tuple[UUID, str, str, int]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO catalog_booksearch (book, words) VALUES (%s, %s)",
            [(book.hex, document(text, language, popularity)) for book, text, language, popularity in rows],
        )


def document(text: str, language: str, popularity: int) -> str:
    """The text that is indexed for a Book: its words, and the marks of popularity and language."""
    marks = [POPULAR_MARK] if popularity >= POPULAR_FROM else []
    return " ".join([text, *marks, *([language_mark(language)] if language else [])])


def is_correctable(word: str) -> bool:
    """Whether the spelling of this word can be corrected: it is long enough and has no digit."""
    return len(word) >= _MIN_PREFIX and not any(char.isdigit() for char in word)


def vocabulary(text: str) -> set[str]:
    """Those of a Book's words that go into the vocabulary."""
    return {
        word
        for word in text.split()
        if is_correctable(word[:_MIN_PREFIX]) and not word.startswith(AUTHOR_PREFIX)
    }


def unknown_words(words: set[str]) -> set[str]:
    """The words that are not in the vocabulary yet."""
    return words - set(WordRow.objects.filter(word__in=words).values_list("word", flat=True))


def _add_to_vocabulary(books: Collection[Book]) -> None:
    words = {word for book in books for word in vocabulary(search_text(book.description))}
    # Always in the same order, so that two transactions that add the same words can't deadlock.
    WordRow.objects.bulk_create(
        (
            WordRow(word=word, length=len(word), reversed=word[::-1], skeleton=skeleton(word))
            for word in sorted(unknown_words(words))
        ),
        ignore_conflicts=True,
    )
