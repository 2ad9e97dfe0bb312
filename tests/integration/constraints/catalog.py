"""Rows that break a constraint of the catalogue."""

from uuid import uuid4

from catalog.models import (
    BookRow,
    BorrowingCountRow,
    CopyRow,
    ImportedBookRow,
    ImportPartRow,
    ImportRow,
    IsbnRow,
    RejectedRecordRow,
    WordRow,
)
from tests.integration.constraints.rows import ON, Example

_COPY = {"condition": "in_service", "price_currency": ""}
_ONE = uuid4()

CATALOG = {
    "catalog_book_has_a_title": Example(model=BookRow, breaks=({"title": ""},)),
    "catalog_book_has_an_author": Example(model=BookRow, breaks=({"authors": []},)),
    "catalog_book_year_plausible": Example(
        model=BookRow,
        passes=({"year": None}, {"year": -9999}, {"year": 9999}),
        breaks=({"year": -10000}, {"year": 10000}),
    ),
    "catalog_one_book_per_isbn": Example(
        model=IsbnRow, passes=({"isbn": "9780306406157"},), breaks=({"isbn": "9780306406157"},)
    ),
    "catalog_isbn_has_13_digits": Example(model=IsbnRow, breaks=({"isbn": "978030640615"}, {"isbn": ""})),
    "catalog_each_word_once": Example(
        model=WordRow, passes=({"word": "a"}, {"word": "b"}), breaks=({"word": "a"},)
    ),
    "catalog_one_copy_per_barcode": Example(
        model=CopyRow, valid=_COPY, passes=({"barcode": "1"},), breaks=({"barcode": "1"},)
    ),
    "catalog_copy_has_a_barcode": Example(model=CopyRow, valid=_COPY, breaks=({"barcode": ""},)),
    "catalog_copy_condition_known": Example(
        model=CopyRow, valid=_COPY, breaks=({"condition": "eaten"}, {"condition": ""})
    ),
    "catalog_copy_price_whole": Example(
        model=CopyRow,
        valid=_COPY,
        passes=({}, {"price_minor": 0, "price_currency": "EUR"}),
        breaks=(
            {"price_minor": -1, "price_currency": "EUR"},
            {"price_minor": 100, "price_currency": ""},
            {"price_minor": None, "price_currency": "EUR"},
        ),
    ),
    "catalog_import_state_known": Example(
        model=ImportRow,
        valid={"format": "csv"},
        passes=({"state": "queued"},),
        breaks=({"state": "dreaming"}, {"state": ""}),
    ),
    "catalog_each_import_part_once": Example(
        model=ImportPartRow,
        valid={"owner_id": _ONE},
        passes=({"number": 1}, {"number": 2}, {"number": 1, "owner_id": uuid4()}),
        breaks=({"number": 2},),
    ),
    "catalog_each_rejected_record_once": Example(
        model=RejectedRecordRow,
        valid={"owner_id": _ONE},
        passes=({"number": 1}, {"number": 2}, {"number": 1, "owner_id": uuid4()}),
        breaks=({"number": 2},),
    ),
    "catalog_one_import_makes_a_book_once": Example(
        model=ImportedBookRow,
        valid={"kept": ""},
        passes=({"owner_id": _ONE, "book_id": _ONE}, {"owner_id": _ONE}, {"book_id": _ONE}),
        breaks=({"owner_id": _ONE, "book_id": _ONE},),
    ),
    "catalog_one_borrowing_count_per_month": Example(
        model=BorrowingCountRow,
        passes=({"book_id": _ONE}, {"book_id": _ONE, "month": ON.replace(month=6)}, {}),
        breaks=({"book_id": _ONE},),
    ),
}
