"""Books in the database."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from catalog.domain.book import Book, BookNotFound, DuplicateISBN
from catalog.domain.description import Description
from catalog.domain.isbn import ISBN
from catalog.domain.text import sort_key
from catalog.domain.title import Title
from catalog.models import BookRow, IsbnRow
from catalog.services.search import indexing
from outbox.constraints import broken_constraint
from outbox.unit_of_work import DjangoRepository
from shared_kernel.domain.events import Recorded

#: Before every year.
_NO_YEAR = -10_000


class DjangoBooks(DjangoRepository[Book, BookRow]):
    """The Books, with their ISBNs and the words by which they are found."""

    rows = BookRow
    missing = BookNotFound

    def rebuild(self, row: BookRow) -> Book:
        """The Book of a row."""
        return Book(
            id=row.id,
            version=row.version,
            added_at=row.added_at,
            description=Description(
                title=Title(row.title),
                authors=tuple(row.authors),
                isbns=tuple(ISBN(digits) for digits in row.isbns),
                year=row.year,
                language=row.language or None,
                publisher=row.publisher or None,
                subjects=tuple(row.subjects),
            ),
        )

    def columns(self, aggregate: Book) -> dict[str, Any]:  # column values are as various as columns
        """The row's values, those included that are derived for searching and sorting."""
        description = aggregate.description
        return {
            "title": description.title.text,
            "authors": list(description.authors),
            "isbns": [isbn.digits for isbn in description.isbns],
            "year": description.year,
            "language": description.language or "",
            "publisher": description.publisher or "",
            "subjects": list(description.subjects),
            "sort_key": sort_key(description.title.text),
            "year_key": _NO_YEAR if description.year is None else description.year,
            "search_text": indexing.search_text(description),
            "fingerprint": description.fingerprint,
            "added_at": aggregate.added_at,
        }

    def with_ids(self, ids: Collection[UUID], *, lock: bool = False) -> list[Book]:
        """The stored Books with these ids."""
        rows = BookRow.objects.filter(id__in=ids).order_by("id")
        return [self.attach(row) for row in (rows.select_for_update() if lock else rows)]

    def by_isbn(self, isbns: Collection[str]) -> dict[str, Book]:
        """The stored Books that have these ISBNs."""
        found = IsbnRow.objects.filter(isbn__in=isbns).select_related("book")
        return {row.isbn: self.attach(row.book) for row in found}

    def with_fingerprints(self, fingerprints: Collection[str]) -> list[Book]:
        """The stored Books with these fingerprints, the oldest first."""
        found = BookRow.objects.filter(fingerprint__in=fingerprints).order_by("added_at", "id")
        return [self.attach(row) for row in found]

    def flush(self) -> None:
        """Write what changed. Raises DuplicateISBN."""
        changed = [it for it in self._identity_map.values() if it.has_changed and it.id not in self._removed]
        super().flush()
        if not changed:
            return
        if any(book.loaded_version for book in changed):
            IsbnRow.objects.filter(book__in=[book.id for book in changed if book.loaded_version]).delete()
        try:
            IsbnRow.objects.bulk_create(
                IsbnRow(isbn=isbn.digits, book_id=book.id)
                for book in changed
                for isbn in book.description.isbns
            )
        except IntegrityError as error:
            if broken_constraint(error, IsbnRow) != "catalog_one_book_per_isbn":
                raise
            raise DuplicateISBN from error
        indexing.index_new([book for book in changed if not book.loaded_version])
        indexing.reindex([book for book in changed if book.loaded_version])

    def _overwrite(self, aggregate: Book) -> None:
        if aggregate.id not in self._removed:
            super()._overwrite(aggregate)

    def flush_removed(self) -> None:
        """Delete those that were removed, and whatever finds them. Their Copies must have gone before."""
        for book in self._removed:
            super()._overwrite(self._identity_map[book])
        indexing.remove_from_index(self._removed)


class BookRemovals:
    """The last step of a unit of work: a Book goes after its Copies."""

    def __init__(self, books: DjangoBooks) -> None:
        self._books = books

    def flush(self) -> None:
        """Delete them."""
        self._books.flush_removed()

    def recorded(self) -> list[Recorded]:
        """None: the Books record the events themselves."""
        return []
