"""The ports of lending: its repositories, and what it needs from other contexts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from lending.domain.branch_calendar import BranchCalendar
from lending.domain.circulation_rule import CirculationRule, Dimensions
from lending.domain.hold_queue import HoldQueue
from lending.domain.in_house_use import InHouseUse
from lending.domain.loan import Loan, LoanState
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
    """Patrons, through the anti-corruption layer."""

    def standing(self, *, card: str, lock: bool = False) -> BorrowerStanding:
        """The patron with this card, locked until the commit with `lock`. Raises UnknownPatron."""
        ...

    def standing_of(self, patron_id: UUID, *, lock: bool = False) -> BorrowerStanding:
        """The patron with this id, likewise. Raises PatronNotFound."""
        ...

    def standings_of(self, ids: Collection[UUID]) -> Mapping[UUID, BorrowerStanding]:
        """These patrons by id, not locked; unknown ids are left out."""
        ...

    def card_of(self, card_or_email: str) -> str:
        """The card number of the patron with this card or email address. Raises UnknownPatron."""
        ...

    def id_of_login(self, login_id: int) -> UUID | None:
        """The patron that this login belongs to, or None."""
        ...

    def names_of(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """The names of these patrons, to show to staff."""
        ...

    def categories(self) -> Mapping[str, str]:
        """The names of all patron categories, by code."""
        ...

    def in_category(self, category: str) -> Iterable[UUID]:
        """The ids of the patrons of a category, lazily, for use as a subquery."""
        ...

    def birth_dates(self, category: str) -> Iterable[tuple[date | None, int]]:
        """The birth dates in a category, each with the number of patrons; None where it is unknown."""
        ...

    def membership_ends(self, ids: Collection[UUID]) -> Mapping[UUID, date]:
        """The last days of these patrons' memberships, without those that never end."""
        ...


class CopyDirectory(Protocol):
    """Copies in the catalogue, through the anti-corruption layer."""

    def by_barcode(self, barcode: str, *, lock: bool = False) -> CirculatingCopy:
        """The copy with this barcode, locked until the commit with `lock`. Raises UnknownCopy."""
        ...

    def of_book(self, book_id: UUID) -> Sequence[CirculatingCopy]:
        """All copies of a book."""
        ...

    def prices_of(self, copy_ids: Collection[UUID]) -> Mapping[UUID, Decimal]:
        """The replacement prices of these copies, without unknown ones."""
        ...

    def title_of(self, book_id: UUID) -> str:
        """The title of a book. Raises UnknownBook."""
        ...

    def books_having(self, *, branch: str | None, item_type: str | None) -> Iterable[UUID]:
        """The ids of books with such a copy (None: any), lazily, for use as a subquery."""
        ...


class Loans(Repository, Protocol):
    """All loans, open and past."""

    def add(self, loan: Loan, /) -> None:
        """Add a new loan."""
        ...

    def get(self, id: UUID, *, lock: bool = False) -> Loan:
        """The loan with this id. Raises LoanNotFound."""
        ...

    def open_of_copy(self, copy_id: UUID) -> Loan | None:
        """The outstanding loan of this copy."""
        ...

    def open_of_patron(self, patron_id: UUID) -> Sequence[Loan]:
        """The outstanding loans of this patron."""
        ...

    def open_of(self, *, patron: UUID, copy: UUID) -> Sequence[Loan]:
        """The outstanding loans of this patron, and the outstanding loan of this copy."""
        ...

    def lent_of_book(self, book_id: UUID) -> Mapping[UUID, LoanState]:
        """The copies of a book that are on loan, by id, each with its loan's state."""
        ...

    def last_scan_of(self, copy_id: UUID) -> datetime | None:
        """When this copy was last scanned at a return desk, whether or not it was on loan."""
        ...


class HoldQueues(Repository, Protocol):
    """The hold queues, one a book. Loading one locks it, so all circulation of a book is serialised."""

    def of_book(self, book_id: UUID, *, title: str) -> HoldQueue:
        """The queue of a book, empty if it never had a hold; `title` is the book's present title."""
        ...

    def peek(self, book_id: UUID, *, title: str) -> HoldQueue:
        """The queue for reading: not locked, not to be changed."""
        ...

    def of_hold(self, hold_id: UUID, *, patron: UUID | None = None) -> HoldQueue:
        """The queue that an active hold (of this patron, if one is given) is in.

        Raises HoldNotFound, and HoldNotActive for one that has ended.
        """
        ...

    def clear_copy(self, copy_id: UUID, *, at: datetime) -> bool:
        """Record that the copy was scanned off the hold shelf, where an ended hold had left it.

        Answers whether it lay there. The book's queue is locked.
        """
        ...

    def count_of_patron(self, patron_id: UUID) -> int:
        """How many active holds a patron has."""
        ...


class Accounts(Repository, Protocol):
    """Patrons' accounts."""

    def of_patron(self, patron_id: UUID) -> PatronAccount:
        """The account of a patron, locked; empty if nothing was ever charged."""
        ...

    def peek(self, patron_id: UUID) -> PatronAccount:
        """The account for reading: not locked, not to be changed."""
        ...

    def balance_of(self, patron_id: UUID) -> Money:
        """The balance of a patron's account, without a lock."""
        ...


class InHouseUses(Repository, Protocol):
    """All in-house uses."""

    def add(self, use: InHouseUse, /) -> None:
        """Add an in-house use."""
        ...


class Rules(Repository, Protocol):
    """The matrix of circulation rules."""

    def matching(
        self, *, branch: str | None, category: str | None, item_type: str | None
    ) -> Iterable[CirculationRule]:
        """Every row that matches such a loan, and every row that names the category.

        None stands for a branch, category or item type that no row names.
        """
        ...

    def matrix(self) -> Sequence[CirculationRule]:
        """Every row."""
        ...

    def of(self, dimensions: Dimensions) -> CirculationRule:
        """The row with these dimensions, locked; a new one if there is none yet."""
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
        """The branch, locked for a change. Raises BranchNotFound."""
        ...

    def add(self, branch: BranchCalendar, /) -> None:
        """Add a new branch."""
        ...


class PrivacyChoices(Protocol):
    """Patrons' choices about their loan history, through the anti-corruption layer."""

    def of(self, patron_id: UUID) -> PrivacyChoice:
        """A patron's choice; the default for an erased patron."""
        ...

    def of_whom(self, choice: PrivacyChoice) -> Iterable[UUID]:
        """The ids of the patrons who made this choice, lazily, for use as a subquery."""
        ...

    def logins_of(self, ids: Collection[UUID]) -> Mapping[UUID, int]:
        """The logins of these patrons, without those who have none."""
        ...


class LoanAnonymiser(Protocol):
    """Removes the patron of a loan from everything but the loan: holds, charges, audit, responses, events."""

    def detach_patron(self, *, loan: UUID, patron: UUID, book: UUID) -> Sequence[UUID]:
        """Remove the patron from the loan's ended holds, charges and audit. Returns the ids of the holds."""
        ...

    def redact_responses(self, ids: Collection[int]) -> int:
        """Redact these responses, stored for idempotent requests. Returns their number."""
        ...

    def redact_events(self, ids: Collection[int]) -> int:
        """Redact the payloads of these events, which every context has consumed. Returns their number."""
        ...


class LendingWork(Protocol):
    """Lending's unit of work."""

    @property
    def loans(self) -> Loans:
        """All loans."""
        ...

    @property
    def accounts(self) -> Accounts:
        """Patrons' accounts."""
        ...

    @property
    def holds(self) -> HoldQueues:
        """The queues of holds."""
        ...

    @property
    def in_house_uses(self) -> InHouseUses:
        """In-house uses."""
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
