"""The words by which Books are found, as each database keeps them."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from django.db import connection

from catalog.domain.book import Book
from catalog.domain.description import Description
from catalog.domain.spelling import SHORTEST, skeleton
from catalog.domain.text import words_of
from catalog.models import BookRow, WordRow

#: Marks a word as one of an author's name. No word has it, so none that is sought can begin with it.
OF_AUTHOR = "_"
#: Marks a Book that is often borrowed; the migration that makes PostgreSQL's index knows it, too.
OFTEN = "__often"
OFTEN_FROM = 232
"""The popularity from which a Book is often borrowed: four times a year."""


_SPELT = SHORTEST - 1


def in_language(code: str) -> str:
    """The mark of the Books in a language, a code of ISO 639."""
    return "__in_" + code.lower().replace("-", "_")


def search_text(description: Description) -> str:
    """All words by which a Book is found, one blank between two."""
    names = [word for name in description.authors for word in words_of(name)]
    said = [word for text in (description.title.text, *description.subjects) for word in words_of(text)]
    isbns = [isbn.digits for isbn in description.isbns]
    return " ".join(dict.fromkeys([*said, *names, *isbns, *(OF_AUTHOR + name for name in names)]))


def index(books: Sequence[Book]) -> None:
    """Make new Books findable, in the transaction that writes them."""
    _learn(books)
    if connection.vendor == "sqlite":  # PostgreSQL does it by itself
        _insert(
            (book.id, search_text(book.description), book.description.language or "", 0) for book in books
        )


def index_anew(books: Collection[Book]) -> None:
    """Make Books that were there before findable by what they say now, in the same manner."""
    _learn(books)
    index_rows([book.id for book in books])


def index_rows(books: Collection[UUID]) -> None:
    """Make Books findable by what their rows say, marks included. PostgreSQL does so by itself."""
    if connection.vendor == "sqlite":
        forget(books)
        rows = BookRow.objects.filter(id__in=books)
        _insert(rows.values_list("id", "search_text", "language", "popularity"))


def forget(books: Collection[UUID]) -> None:
    """Find Books no more that are written anew or have gone. PostgreSQL does so by itself."""
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
    """The words of a Book as they are found, with its marks."""
    marks = [OFTEN] if popularity >= OFTEN_FROM else []
    return " ".join([text, *marks, *([in_language(language)] if language else [])])


def is_spelt(word: str) -> bool:
    """Whether it is a word whose spelling matters: long enough, and no number."""
    return len(word) >= _SPELT and not any(char.isdigit() for char in word)


def vocabulary(text: str) -> set[str]:
    """Those of a Book's words that the catalogue knows as words: all that can begin with a spelt one."""
    return {word for word in text.split() if is_spelt(word[:_SPELT]) and not word.startswith(OF_AUTHOR)}


def unknown(words: set[str]) -> set[str]:
    """Those of the words that the catalogue doesn't know."""
    return words - set(WordRow.objects.filter(word__in=words).values_list("word", flat=True))


def _learn(books: Collection[Book]) -> None:
    words = {word for book in books for word in vocabulary(search_text(book.description))}
    # In one order for everybody: two who learn the same words wait for each other, and never in a circle.
    WordRow.objects.bulk_create(
        (
            WordRow(word=word, length=len(word), reversed=word[::-1], skeleton=skeleton(word))
            for word in sorted(unknown(words))
        ),
        ignore_conflicts=True,
    )
