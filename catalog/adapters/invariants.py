"""What must be true of the search index: it says of each Book what the Book says."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import connection

from catalog.adapters.repositories.books import DjangoBooks
from catalog.adapters.search_index import DERIVED
from catalog.models import BookRow
from catalog.services.search.indexing import document, unknown_words, vocabulary
from shared_kernel.domain.errors import Refused
from shared_kernel.services.invariants import Invariant, Rows

#: A full-text query of SQLite's can name so many Books.
_BATCH = 200


def a_book_is_found_by_what_it_says() -> Rows:
    """The words by which a Book is found, and the keys by which it is sorted, follow from its record."""
    last = None
    while True:
        behind = BookRow.objects.filter(id__gt=last) if last else BookRow.objects.all()
        if not (rows := list(behind.order_by("id")[:_BATCH])):
            return
        last = rows[-1].id
        documents = _documents({row.id for row in rows})
        missing = unknown_words({word for row in rows for word in vocabulary(row.search_text)})
        for row in rows:
            words = document(row.search_text, row.language, row.popularity)
            indexed = documents is None or documents.get(row.id) == [words]
            is_known = missing.isdisjoint(vocabulary(row.search_text))
            if not (indexed and is_known and _follows(row)):
                yield {"id": row.id}


def no_book_is_found_that_is_gone() -> Rows:
    """Nothing is found by the search index but the catalogue's Books."""
    if connection.vendor != "sqlite":  # elsewhere the index is a column of the Book
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT book FROM catalog_booksearch WHERE book NOT IN (SELECT id FROM catalog_bookrow)"
        )
        while found := cursor.fetchmany(_BATCH):
            yield from ({"id": UUID(book)} for (book,) in found)


def index_invariants() -> Collection[Invariant]:
    """Those of the search index."""
    functions = (a_book_is_found_by_what_it_says, no_book_is_found_that_is_gone)
    return [Invariant.of("catalog", function) for function in functions]


def _follows(row: BookRow) -> bool:
    repository = DjangoBooks()
    try:
        columns = repository.columns(repository.rebuild(row))
    except Refused:  # it is no Book
        return False
    return all(getattr(row, name) == columns[name] for name in DERIVED)


def _documents(books: Collection[UUID]) -> Mapping[UUID, list[str]] | None:
    """What SQLite's full-text table says of these Books; None where the index is a column."""
    if connection.vendor != "sqlite":
        return None
    found: dict[UUID, list[str]] = {}
    named = " OR ".join(f'"{book.hex}"' for book in books)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT book, words FROM catalog_booksearch WHERE catalog_booksearch MATCH %s",
            [f"book : ({named})"],
        )
        for book, words in cursor.fetchall():
            found.setdefault(UUID(book), []).append(words)
    return found
