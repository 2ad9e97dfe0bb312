"""The words by which Books are found, and all else that follows from their rows, written anew."""

from uuid import UUID

from catalog.adapters.repositories.books import DjangoBooks
from catalog.models import BookRow
from catalog.services.search import indexing

#: What of a Book's row follows from the Book.
DERIVED = ("sort_key", "year_key", "search_text", "fingerprint")


class DjangoSearchIndex:
    """The index has no data of its own: it can be rebuilt at any time."""

    def rebuild(self, *, after: UUID | None, at_most: int) -> UUID | None:
        """Index so many Books behind this id anew; the last one's id, None if there was none."""
        behind = BookRow.objects.filter(id__gt=after) if after else BookRow.objects.all()
        rows = list(behind.order_by("id").select_for_update()[:at_most])
        repository = DjangoBooks()
        books = [repository.rebuild(row) for row in rows]
        stale = []
        for row, book in zip(rows, books, strict=True):
            derived = {name: repository.columns(book)[name] for name in DERIVED}
            if any(getattr(row, name) != value for name, value in derived.items()):
                for name, value in derived.items():
                    setattr(row, name, value)
                stale.append(row)
        BookRow.objects.bulk_update(stale, DERIVED, batch_size=100)
        indexing.reindex(books)
        return rows[-1].id if rows else None
