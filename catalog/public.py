"""What other contexts may ask the catalogue: frozen facts, each function one SQL query."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from catalog.domain.barcode import Barcode, InvalidBarcode
from catalog.models import BookRow, CopyRow
from catalog.services.prices import stored_price
from shared_kernel.domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFacts:
    """A Copy and its Book's title. `branch` is the home branch's code, `price` that of replacing it."""

    id: UUID
    barcode: str
    book_id: UUID
    title: str
    item_type: str
    branch: str
    condition: str
    price: Money | None


def copy_by_barcode(barcode: str) -> CopyFacts | None:
    """The Copy under this barcode, if there is one; a text that can't be a barcode has none."""
    try:
        scanned = Barcode(barcode)
    except InvalidBarcode:
        return None
    return next(iter(_facts(CopyRow.objects.filter(barcode=scanned.text))), None)


def copies_by_id(ids: Collection[UUID]) -> dict[UUID, CopyFacts]:
    """The Copies with these ids, by id; those that nobody knows are left out."""
    return {copy.id: copy for copy in _facts(CopyRow.objects.filter(id__in=ids))}


def copies_of_book(book_id: UUID) -> list[CopyFacts]:
    """The Copies of a Book whatever their condition, in the order of their barcodes."""
    return _facts(CopyRow.objects.filter(book_id=book_id).order_by("barcode"))


def titles_of_books(ids: Collection[UUID]) -> dict[UUID, str]:
    """What the Books with these ids are called, by id; those that nobody knows are left out."""
    return dict(BookRow.objects.filter(id__in=ids).values_list("id", "title"))


def _facts(rows: QuerySet[CopyRow]) -> list[CopyFacts]:
    return [
        CopyFacts(
            id=row.id,
            barcode=row.barcode,
            book_id=row.book_id,
            title=row.book.title,
            item_type=row.item_type,
            branch=row.branch,
            condition=row.condition,
            price=stored_price(row.price_minor, row.price_currency),
        )
        for row in rows.select_related("book").only(
            *(
                "id",
                "barcode",
                "book_id",
                "item_type",
                "branch",
                "condition",
                "price_minor",
                "price_currency",
            ),
            "book__title",
        )
    ]
