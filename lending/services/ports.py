"""What lending needs from the world, in lending's own words."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from lending.domain.branch_calendar import BranchCalendar
from lending.domain.circulation_rule import CirculationRule, Dimensions
from lending.domain.hold_queue import HoldQueue
from lending.domain.in_house_use import InHouseUse
from lending.domain.loan import Loan
from lending.domain.patron_account import PatronAccount
from lending.domain.policies.anonymising import PrivacyChoice
from lending.domain.standing import BorrowerStanding, CirculatingCopy
from shared_kernel.domain.errors import InvalidValue, NotFound, Refusal
from shared_kernel.domain.money import Money
from shared_kernel.services.bus import Repository


class UnknownPatron(InvalidValue):
    code = "unknown_patron"
    message = "No patron matches “{patron}”."
    pointer = "/patron_card"


class PatronNotFound(NotFound):
    message = "No patron has this id."


class BookNotFound(NotFound):
    message = "No book has this id."


class UnknownCopy(InvalidValue):
    code = "unknown_copy"
    message = "No copy has the barcode “{barcode}”."
    pointer = "/copy_barcode"


class UnknownBook(InvalidValue):
    code = "unknown_book"
    message = "No book has the id {book}."
    pointer = "/book"


class UnknownBranch(InvalidValue):
    code = "unknown_branch"
    message = "There is no branch with the code “{branch}”."
    pointer = "/branch"


class UnknownCategory(InvalidValue):
    code = "unknown_category"
    message = "There is no patron category “{category}”."
    pointer = "/category"


class BranchNotFound(NotFound):
    message = "No branch has this code."


class BranchExists(Refusal):
    code = "branch_exists"
    message = "A branch with this code already exists."
    pointer = "/code"


class AmbiguousBook(Refusal):
    code = "ambiguous_book"
    message = "The book has {count} copies. Give the barcode of one of them: {barcodes}."


class PatronDirectory(Protocol):
    """Who may borrow: patrons, through the anti-corruption layer."""

    def standing(self, *, card: str, lock: bool = False) -> BorrowerStanding:
        """The patron with this card. `lock` holds them as they are until the end. Raises UnknownPatron."""
        ...

    def standing_of(self, patron_id: UUID, *, lock: bool = False) -> BorrowerStanding:
        """The patron with this id, likewise. Raises PatronNotFound."""
        ...

    def card_of(self, card_or_email: str) -> str:
        """The card number of the patron with this card or email address. Raises UnknownPatron."""
        ...

    def id_of_login(self, login_id: int) -> UUID | None:
        """The patron behind a login, if it is a patron's."""
        ...

    def names_of(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """The names of patrons, for staff to read."""
        ...

    def categories(self) -> Mapping[str, str]:
        """What each category that a patron can be in is called, by its code."""
        ...

    def in_category(self, category: str) -> Iterable[UUID]:
        """The ids of the patrons of a category: a lazy set, to be used inside a question of lending's own."""
        ...

    def membership_ends(self, ids: Collection[UUID]) -> Mapping[UUID, date]:
        """The last days of these patrons' memberships; those that never end are left out."""
        ...


class CopyDirectory(Protocol):
    """What can be lent: copies of the catalog, through the anti-corruption layer."""

    def by_barcode(self, barcode: str, *, lock: bool = False) -> CirculatingCopy:
        """The copy with this barcode. `lock` holds it as it is until the end. Raises UnknownCopy."""
        ...

    def of_book(self, book_id: UUID) -> Sequence[CirculatingCopy]:
        """All copies of a book."""
        ...

    def prices_of(self, copy_ids: Collection[UUID]) -> Mapping[UUID, Decimal]:
        """What replacing these copies costs; those whose price nobody knows are left out."""
        ...

    def title_of(self, book_id: UUID) -> str:
        """What a book is called. Raises UnknownBook."""
        ...

    def books_having(self, *, branch: str | None, item_type: str | None) -> Iterable[UUID]:
        """The ids of books with such a copy (None: any): a lazy set, to be used inside a question of ours."""
        ...


class Loans(Repository, Protocol):
    """All loans, open and past."""

    def add(self, loan: Loan, /) -> None:
        """Take a new loan in."""
        ...

    def get(self, id: UUID, *, lock: bool = False) -> Loan:
        """The loan with this id. Raises LoanNotFound."""
        ...

    def open_of_copy(self, copy_id: UUID) -> Loan | None:
        """The loan that this copy is out on."""
        ...

    def open_of_patron(self, patron_id: UUID) -> Sequence[Loan]:
        """The loans that this patron has."""
        ...

    def open_of(self, *, patron: UUID, copy: UUID) -> Sequence[Loan]:
        """The loans that this patron has, and the one that this copy is out on, whoever has it."""
        ...

    def lent_of_book(self, book_id: UUID) -> Collection[UUID]:
        """The ids of the copies of a book that are out."""
        ...

    def last_return_of(self, copy_id: UUID) -> datetime | None:
        """When this copy last came back."""
        ...


class HoldQueues(Repository, Protocol):
    """The queues of holds, one for each book. To get one locks it: all circulation of a book is in turn."""

    def of_book(self, book_id: UUID, *, title: str) -> HoldQueue:
        """The queue of a book, empty if nobody ever waited; `title` is what the book is called now."""
        ...

    def peek(self, book_id: UUID, *, title: str) -> HoldQueue:
        """The queue as it is, for a question; not locked, not to be changed."""
        ...

    def of_hold(self, hold_id: UUID, *, patron: UUID | None = None) -> HoldQueue:
        """The queue that an active hold (of this patron, if one is given) is in.

        Raises HoldNotFound, and HoldNotActive for one that has ended.
        """
        ...

    def count_of_patron(self, patron_id: UUID) -> int:
        """How many active holds a patron has."""
        ...


class Accounts(Repository, Protocol):
    """What patrons owe."""

    def of_patron(self, patron_id: UUID) -> PatronAccount:
        """The account of a patron, locked; an empty one for who never owed anything."""
        ...

    def peek(self, patron_id: UUID) -> PatronAccount:
        """The account as it is, for a question; not locked, not to be changed."""
        ...

    def balance_of(self, patron_id: UUID) -> Money:
        """What a patron owes, without locking anything."""
        ...


class InHouseUses(Repository, Protocol):
    """Every use of a copy inside the house."""

    def add(self, use: InHouseUse, /) -> None:
        """Take a use in."""
        ...


class Rules(Repository, Protocol):
    """The matrix of circulation rules."""

    def matching(
        self, *, branch: str | None, category: str | None, item_type: str | None
    ) -> Iterable[CirculationRule]:
        """Every row that can decide on such a loan, and every row that names the category.

        None stands for a branch, category or item type that no row names.
        """
        ...

    def matrix(self) -> Sequence[CirculationRule]:
        """Every row."""
        ...

    def of(self, dimensions: Dimensions) -> CirculationRule:
        """The row of these dimensions, locked; an empty one if there is none yet."""
        ...


class Calendars(Repository, Protocol):
    """The branches and their calendars."""

    def of(self, branch: str) -> BranchCalendar:
        """The calendar of a branch. Raises UnknownBranch."""
        ...

    def knows(self, branch: str) -> bool:
        """Whether there is a branch with this code."""
        ...

    def get_by_code(self, branch: str) -> BranchCalendar:
        """The same, locked, to be changed. Raises BranchNotFound."""
        ...

    def add(self, branch: BranchCalendar, /) -> None:
        """Take a new branch in."""
        ...


class PrivacyChoices(Protocol):
    """How long patrons want past loans to be remembered as theirs, through the anti-corruption layer."""

    def of(self, patron_id: UUID) -> PrivacyChoice:
        """A patron's choice; the usual one for somebody who has been erased."""
        ...

    def of_whom(self, choice: PrivacyChoice) -> Iterable[UUID]:
        """The ids of the patrons who chose this and not the usual: a lazy set, for questions of our own."""
        ...

    def logins_of(self, ids: Collection[UUID]) -> Mapping[UUID, int]:
        """The logins of these patrons; who has none is left out."""
        ...


class LoanAnonymiser(Protocol):
    """What ties a person to a loan, besides the loan: ended holds, charges, audit, answers, events."""

    def detach_patron(self, *, loan: UUID, patron: UUID, book: UUID) -> Sequence[UUID]:
        """Let ended holds, charges and audit of a loan be nobody's; the ids of those holds."""
        ...

    def redact_responses(self, ids: Collection[int]) -> int:
        """Forget these answers, kept for repeated requests; tells how many there were."""
        ...

    def redact_events(self, ids: Collection[int]) -> int:
        """Forget what these events told, which everybody has heard; tells how many there were."""
        ...


class LendingWork(Protocol):
    """Lending's unit of work."""

    @property
    def loans(self) -> Loans:
        """All loans."""
        ...

    @property
    def accounts(self) -> Accounts:
        """What patrons owe."""
        ...

    @property
    def holds(self) -> HoldQueues:
        """The queues of holds."""
        ...

    @property
    def in_house_uses(self) -> InHouseUses:
        """Uses inside the house."""
        ...

    @property
    def rules(self) -> Rules:
        """The rule matrix."""
        ...

    @property
    def calendars(self) -> Calendars:
        """The branches."""
        ...

    @property
    def repositories(self) -> Sequence[Repository]:
        """All of them, in the order in which they are written."""
        ...
