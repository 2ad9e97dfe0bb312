"""Copies in the database."""

from collections.abc import Collection
from typing import Any, ClassVar
from uuid import UUID

from catalog.domain.barcode import Barcode
from catalog.domain.copy import Condition, Copy, CopyNotFound, DuplicateBarcode, ItemType
from catalog.models import CopyRow
from catalog.services.prices import stored_price
from outbox.unit_of_work import DjangoRepository


class DjangoCopies(DjangoRepository[Copy, CopyRow]):
    """The Copies."""

    rows = CopyRow
    missing = CopyNotFound
    refusals: ClassVar = {"catalog_one_copy_per_barcode": DuplicateBarcode}

    def rebuild(self, row: CopyRow) -> Copy:
        """The Copy of a row."""
        return Copy(
            id=row.id,
            version=row.version,
            book_id=row.book_id,
            barcode=Barcode(row.barcode),
            item_type=ItemType(row.item_type),
            branch=row.branch,
            condition=Condition(row.condition),
            reason=row.condition_reason,
            price=stored_price(row.price_minor, row.price_currency),
        )

    def with_barcode(self, barcode: Barcode) -> Copy:
        """The Copy under this barcode, locked. Raises CopyNotFound."""
        copy = self.find(lock=True, barcode=barcode.text)
        if copy is None:
            raise CopyNotFound
        return copy

    def of_book(self, book: UUID) -> list[Copy]:
        """All Copies of a Book, locked, in the order of their barcodes."""
        return self.of_books([book])[book]

    def of_books(self, books: Collection[UUID]) -> dict[UUID, list[Copy]]:
        """The same of several Books, by Book."""
        found: dict[UUID, list[Copy]] = {book: [] for book in books}
        rows = CopyRow.objects.select_for_update().filter(book_id__in=books).order_by("book_id", "barcode")
        for row in rows:
            found[row.book_id].append(self.attach(row))
        return found

    def columns(self, aggregate: Copy) -> dict[str, Any]:  # column values are as various as columns
        """The row's values."""
        price = aggregate.price
        return {
            "book_id": aggregate.book_id,
            "barcode": aggregate.barcode.text,
            "item_type": aggregate.item_type.slug,
            "branch": aggregate.branch,
            "condition": aggregate.condition.value,
            "condition_reason": aggregate.reason,
            "price_minor": None if price is None else price.minor,
            "price_currency": "" if price is None else price.currency,
        }
