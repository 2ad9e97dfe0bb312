"""Finds the patron or copy that a person at the desk means."""

from dataclasses import dataclass
from uuid import UUID

from lending.models import LoanRow
from lending.services.ports import AmbiguousBook, CopyDirectory, PatronDirectory, UnknownCopy, UnknownPatron
from shared_kernel.services.bus import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class FindBorrower(Query[str]):
    """Find the card number that belongs to a card number or an email address."""

    card_or_email: str


def find_borrower(query: FindBorrower, *, patrons: PatronDirectory) -> str:
    """The card number. Raises UnknownPatron."""
    return patrons.card_of(query.card_or_email)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronOfCard(Query[UUID | None]):
    """Find the patron with this card number."""

    card: str


def patron_of_card(query: PatronOfCard, *, patrons: PatronDirectory) -> UUID | None:
    """The patron's id, or None for an unknown card."""
    try:
        return patrons.standing(card=query.card).id
    except UnknownPatron:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindCopy(Query[str]):
    """Find a copy by its barcode, or by a book's id if only one of its copies is (not) `lent`."""

    barcode_or_book: str
    lent: bool


def find_copy(query: FindCopy, *, copies: CopyDirectory) -> str:
    """The barcode. Raises AmbiguousBook, and UnknownCopy if the book has no copy.

    If no copy matches, the answer is any copy of the book, so that the command explains what is wrong.
    """
    try:
        book = UUID(query.barcode_or_book)
    except ValueError:
        return query.barcode_or_book
    candidates = copies.of_book(book)
    lent = set(
        LoanRow.objects.filter(book_id=book, state=LoanRow.State.OPEN).values_list("copy_id", flat=True)
    )
    meant = [copy for copy in candidates if (copy.id in lent) is query.lent and (copy.lendable or query.lent)]
    if len(meant) > 1:
        raise AmbiguousBook(count=len(meant), barcodes=", ".join(copy.barcode for copy in meant[:10]))
    if not meant and not candidates:
        raise UnknownCopy(barcode=query.barcode_or_book)
    return (meant or list(candidates))[0].barcode
