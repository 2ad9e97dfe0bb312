"""What must be true of the catalogue."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q

from catalog.domain.copy import Condition
from catalog.models import BookRow, CopyRow, IsbnRow
from outbox.invariants import orphaned_events, rows_without_event
from shared_kernel.services.invariants import Invariant, Rows

_BATCH = 500


def one_copy_for_each_barcode() -> Rows:
    """A barcode is on one Copy."""
    return CopyRow.objects.order_by().values("barcode").annotate(copies=Count("id")).filter(copies__gt=1)


def one_book_for_each_isbn() -> Rows:
    """An ISBN is of one Book."""
    return IsbnRow.objects.order_by().values("isbn").annotate(books=Count("id")).filter(books__gt=1)


def a_book_is_found_by_its_isbns() -> Rows:
    """The ISBNs by which a Book is found are those that it has."""
    last = None
    while True:
        behind = BookRow.objects.filter(id__gt=last) if last else BookRow.objects.all()
        if not (batch := list(behind.order_by("id").values_list("id", "isbns")[:_BATCH])):
            return
        last = batch[-1][0]
        found: dict[UUID, set[str]] = {id_: set() for id_, _ in batch}
        for book, isbn in IsbnRow.objects.filter(book_id__in=found).values_list("book_id", "isbn"):
            found[book].add(isbn)
        yield from ({"id": id_} for id_, isbns in batch if found[id_] != set(isbns))


def a_book_has_a_title_and_an_author() -> Rows:
    """A Book has a title and an author."""
    return BookRow.objects.filter(Q(title="") | Q(authors=[])).order_by().values("id")


def a_copy_is_of_a_book() -> Rows:
    """A Copy is of a Book that is in the catalogue."""
    book = BookRow.objects.filter(id=OuterRef("book_id"))
    return CopyRow.objects.filter(~Exists(book)).order_by().values("id", "book_id")


def a_copy_is_in_a_known_condition() -> Rows:
    """A Copy is in a condition that the catalogue knows."""
    known = [each.value for each in Condition]
    return CopyRow.objects.exclude(condition__in=known).order_by().values("id", "condition")


def a_book_is_as_its_last_event_left_it() -> Rows:
    """A Book's version is that of its latest event."""
    return rows_without_event(BookRow.objects.all(), began="added_at")


def a_copy_is_as_its_last_event_left_it() -> Rows:
    """A Copy's version is that of its latest event."""
    return rows_without_event(CopyRow.objects.all())


def an_event_is_of_a_book_or_copy() -> Rows:
    """The catalogue's events tell of Books and Copies that are there, or say that they went."""
    ends = ("catalog.book_removed.v1", "catalog.copy_removed.v1")
    return orphaned_events(("catalog.",), BookRow, CopyRow, ends=ends)


def invariants() -> Sequence[Invariant]:
    """The catalogue's, but for the search index."""
    functions = (
        one_copy_for_each_barcode,
        one_book_for_each_isbn,
        a_book_is_found_by_its_isbns,
        a_book_has_a_title_and_an_author,
        a_copy_is_of_a_book,
        a_copy_is_in_a_known_condition,
        a_book_is_as_its_last_event_left_it,
        a_copy_is_as_its_last_event_left_it,
        an_event_is_of_a_book_or_copy,
    )
    return [Invariant.of("catalog", function) for function in functions]
