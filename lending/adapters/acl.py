"""The anti-corruption layer: the only module of lending that imports catalog and patrons."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from catalog import public as catalog
from lending.domain.policies.anonymising import PrivacyChoice
from lending.domain.standing import Block, BorrowerStanding, CirculatingCopy
from lending.services.ports import PatronNotFound, UnknownBook, UnknownCopy, UnknownPatron
from lending.services.reports.definition import Borrowings
from lending.services.timeline import NoticeRows
from patrons import public as patrons

#: The one condition of the catalog under which a copy is lent; one that we don't know is not.
_LENDABLE = "in_service"
#: Under these conditions staff have the copy in hand, and could lend it all the same.
_IN_REACH = frozenset({"in_service", "reference_only", "damaged"})


class CatalogCopies:
    """Translates the catalogue's copies."""

    def by_barcode(self, barcode: str, *, lock: bool = False) -> CirculatingCopy:
        """The copy with this barcode, locked until the commit with `lock`. Raises UnknownCopy."""
        copy = catalog.copy_by_barcode(barcode, lock=lock)
        if copy is None:
            raise UnknownCopy(barcode=barcode)
        return _circulating(copy)

    def of_book(self, book_id: UUID) -> Sequence[CirculatingCopy]:
        """All copies of a book."""
        return [_circulating(copy) for copy in catalog.copies_of_book(book_id)]

    def prices_of(self, copy_ids: Collection[UUID]) -> Mapping[UUID, Decimal]:
        """The replacement prices of these copies, without unknown ones."""
        copies = catalog.copies_by_id(copy_ids).values()
        return {copy.id: copy.price.amount for copy in copies if copy.price is not None}

    def title_of(self, book_id: UUID) -> str:
        """The title of a book. Raises UnknownBook."""
        title = catalog.titles_of_books([book_id]).get(book_id)
        if title is None:
            raise UnknownBook(book=str(book_id))
        return title

    def books_having(self, *, branch: str | None, item_type: str | None) -> Iterable[UUID]:
        """The ids of books with such a copy (None: any), as a subquery: no cost until it is used."""
        return catalog.books_having(branch=branch, item_type=item_type)


class PatronsAsBorrowers:
    """Translates patrons into borrowers."""

    def standing(self, *, card: str, lock: bool = False) -> BorrowerStanding:
        """The patron with this card, locked until the commit with `lock`. Raises UnknownPatron."""
        patron = patrons.patron_facts(card=card, lock=lock)
        if patron is None:
            raise UnknownPatron(patron=card)
        return _standing(patron)

    def standing_of(self, patron_id: UUID, *, lock: bool = False) -> BorrowerStanding:
        """The patron with this id, likewise. Raises PatronNotFound."""
        patron = patrons.patron_facts(id=patron_id, lock=lock)
        if patron is None:
            raise PatronNotFound
        return _standing(patron)

    def standings_of(self, ids: Collection[UUID]) -> Mapping[UUID, BorrowerStanding]:
        """These patrons by id, not locked; unknown ids are left out."""
        facts = patrons.facts_of_patrons(ids)
        return {each: _standing(patron) for each, patron in facts.items()}

    def card_of(self, card_or_email: str) -> str:
        """The card number of the patron with this card or email address. Raises UnknownPatron."""
        is_email = "@" in card_or_email
        patron = (
            patrons.patron_facts(email=card_or_email)
            if is_email
            else patrons.patron_facts(card=card_or_email)
        )
        if patron is None:
            raise UnknownPatron(patron=card_or_email)
        return patron.card_number

    def id_of_login(self, login_id: int) -> UUID | None:
        """The patron that this login belongs to, or None."""
        patron = patrons.patron_facts(login_id=login_id)
        return patron.id if patron else None

    def names_of(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """The names of these patrons, to show to staff."""
        return patrons.names_of(ids)

    def categories(self) -> Mapping[str, str]:
        """The names of all patron categories, by code."""
        return patrons.category_names()

    def in_category(self, category: str) -> Iterable[UUID]:
        """The ids of the patrons of a category, as a subquery that costs nothing until it is used."""
        return patrons.ids_in_category(category)

    def birth_dates(self, category: str) -> Iterable[tuple[date | None, int]]:
        """The birth dates in a category, each with the number of patrons; None where it is unknown."""
        return patrons.birth_dates_in_category(category)

    def membership_ends(self, ids: Collection[UUID]) -> Mapping[UUID, date]:
        """The last days of these patrons' memberships, without those that never end."""
        return patrons.membership_ends(ids)


class UpstreamRows:
    """Rows of the upstream contexts, lazily, for use as subqueries."""

    def books(self) -> "QuerySet[Any]":
        """The catalogue's books, by `id`."""
        return catalog.known_books()

    def copies(self) -> "QuerySet[Any]":
        """The catalogue's copies, by `id` and `book_id`, but for those that were withdrawn."""
        return catalog.known_copies()

    def lendable_copies(self) -> "QuerySet[Any]":
        """Those of them that are lent."""
        return catalog.known_copies(condition=_LENDABLE)

    def patrons(self) -> "QuerySet[Any]":
        """The patrons, by `id`."""
        return patrons.known_patrons()


class PatronsPrivacy:
    """Patrons' choices about their loan history."""

    def of(self, patron_id: UUID) -> PrivacyChoice:
        """A patron's choice; the default for an erased patron."""
        return PrivacyChoice(patrons.privacy_of(patron_id) or PrivacyChoice.DEFAULT)

    def of_whom(self, choice: PrivacyChoice) -> Iterable[UUID]:
        """The ids of the patrons who made this choice, as a subquery."""
        return patrons.ids_with_privacy(choice.value)

    def logins_of(self, ids: Collection[UUID]) -> Mapping[UUID, int]:
        """The logins of these patrons, without those who have none."""
        return patrons.logins_of(ids)


class CatalogStatistics:
    """The catalogue's borrowing statistics."""

    def most_borrowed(self, *, first_month: date, last_month: date, limit: int) -> Sequence[Borrowings]:
        """The books borrowed most often in these months, both included, the first first."""
        most = catalog.most_borrowed(first_month=first_month, last_month=last_month, limit=limit)
        return [Borrowings(book=book, title=title, borrowings=count) for book, title, count in most]


class PatronsNoticeHistory:
    """Notices to patrons and their deliveries."""

    def owed(self, *, patron: UUID | None = None, about: Iterable[UUID] = ()) -> NoticeRows:
        """Each letter to a patron, or about loans and holds."""
        return patrons.letters_owed(patron=patron, about=about)

    def ended(self, *, patron: UUID | None = None, about: Iterable[UUID] = ()) -> NoticeRows:
        """Each that was sent, or won't be."""
        return patrons.letters_ended(patron=patron, about=about)


def _standing(patron: patrons.PatronFacts) -> BorrowerStanding:
    return BorrowerStanding(
        id=patron.id,
        card=patron.card_number,
        category=patron.category,
        home_branch=patron.home_branch,
        expires_on=patron.expires_on,
        birth_date=patron.birth_date,
        blocks=tuple(Block(reason=block.reason, until=block.until) for block in patron.blocks),
    )


def _circulating(copy: catalog.CopyFacts) -> CirculatingCopy:
    return CirculatingCopy(
        id=copy.id,
        barcode=copy.barcode,
        book_id=copy.book_id,
        book_title=copy.title,
        item_type=copy.item_type,
        branch=copy.branch,
        lendable=copy.condition == _LENDABLE,
        in_reach=copy.condition in _IN_REACH,
        price=copy.price.amount if copy.price else None,
        condition=copy.condition.replace("_", " "),
    )
