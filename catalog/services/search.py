"""Finding Books by their words, alike on every database.

The words are folded here, and each database is given the very same ones: it neither splits nor folds.
"""

from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from catalog.domain.book import Book
from catalog.domain.description import Description
from catalog.domain.isbn import ISBN
from catalog.domain.text import words_of, words_sought
from shared_kernel.domain.errors import Refused

#: Marks a word as one of an author's name. No word has it, so none that is sought can begin with it.
_OF_AUTHOR = "_"
_MOST_WORDS = 16


def search_text(description: Description) -> str:
    """All words by which a Book is found, one blank between two."""
    names = [word for name in description.authors for word in words_of(name)]
    said = [word for text in (description.title.text, *description.subjects) for word in words_of(text)]
    isbns = [isbn.digits for isbn in description.isbns]
    return " ".join(dict.fromkeys([*said, *names, *isbns, *(_OF_AUTHOR + name for name in names)]))


def books_with(text: str) -> Q | RawSQL:
    """Those Books that have, for each word of the text, a word that begins with it. An ISBN is one word."""
    return _having(_words(text))


def books_by(author: str) -> Q | RawSQL:
    """Those Books whose authors' names have, for each word of the text, a word that begins with it."""
    return _having([_OF_AUTHOR + word for word in words_sought(author)])


def _words(text: str) -> list[str]:
    return _isbn_in(text) or [word for part in text.split() for word in _isbn_in(part) or words_sought(part)]


def _isbn_in(text: str) -> list[str]:
    try:
        return [ISBN.parse(text).digits]
    except Refused:
        return []


def _having(words: Sequence[str]) -> Q | RawSQL:
    wanted = list(dict.fromkeys(words))[:_MOST_WORDS]
    if not wanted:
        return Q(pk__in=[])
    # A word is letters, marks and digits alone, so there is nothing in it to be quoted.
    if connection.vendor == "postgresql":
        prefixes = " & ".join(f"'{word}':*" for word in wanted)
        return RawSQL('"catalog_bookrow"."search_words" @@ %s::tsquery', [prefixes], BooleanField())
    prefixes = " AND ".join(f'"{word}" *' for word in wanted)
    found = "SELECT book FROM catalog_booksearch WHERE catalog_booksearch MATCH %s"
    return Q(pk__in=RawSQL(found, [f"words : ({prefixes})"]))  # noqa: S611  a constant and a parameter  # noqa: S611  a constant and a parameter


def index(books: Iterable[Book]) -> None:
    """Make Books findable, in the transaction that writes them. PostgreSQL does so by itself."""
    if connection.vendor == "postgresql":
        return
    found = [(book.id.hex, search_text(book.description)) for book in books]
    same = "SELECT rowid FROM catalog_booksearch WHERE catalog_booksearch MATCH %s"
    with connection.cursor() as cursor:
        cursor.executemany(
            f"DELETE FROM catalog_booksearch WHERE rowid IN ({same})",  # noqa: S608  a constant
            [(f'book : "{key}"',) for key, _ in found],
        )
        cursor.executemany("INSERT INTO catalog_booksearch (book, words) VALUES (%s, %s)", found)
