"""What happens to loans: ids and dates, and for letters `book_title` and `barcode` as they were."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared_kernel.domain.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class BookBorrowed(DomainEvent):
    """A copy was lent. `book_title` and `barcode` are as they were, for letters.

    `overridden` lists the codes of the refusals that staff set aside.
    """

    type: ClassVar[str] = "lending.book_borrowed.v1"

    copy_id: UUID
    book_id: UUID
    patron_id: UUID
    branch: str
    due_at: datetime
    book_title: str
    barcode: str
    overridden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanRenewed(DomainEvent):
    """A patron keeps a copy longer. `due_version` numbers the loan's due dates from 1."""

    type: ClassVar[str] = "lending.loan_renewed.v1"

    copy_id: UUID
    book_id: UUID
    patron_id: UUID
    due_at: datetime
    due_version: int
    renewals: int
    book_title: str
    barcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanDueDateChanged(DomainEvent):
    """The library moved a due date, because the branch is closed on it."""

    type: ClassVar[str] = "lending.loan_due_date_changed.v1"

    copy_id: UUID
    book_id: UUID
    patron_id: UUID
    previous_due_at: datetime
    due_at: datetime
    due_version: int
    book_title: str
    barcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanDueSoon(DomainEvent):
    """A loan will be due in some days; told once for each due date."""

    type: ClassVar[str] = "lending.loan_due_soon.v1"

    copy_id: UUID
    book_id: UUID
    patron_id: UUID
    due_at: datetime
    due_version: int
    book_title: str
    barcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanBecameOverdue(DomainEvent):
    """A loan passed its due date; told once for each due date."""

    type: ClassVar[str] = "lending.loan_became_overdue.v1"

    copy_id: UUID
    book_id: UUID
    patron_id: UUID
    due_at: datetime
    due_version: int
    book_title: str
    barcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanStillOverdue(DomainEvent):
    """A loan is overdue for so many days; told every few days. `notice` counts from 1 for each due date."""

    type: ClassVar[str] = "lending.loan_still_overdue.v1"

    copy_id: UUID
    book_id: UUID
    patron_id: UUID
    due_at: datetime
    due_version: int
    days_overdue: int
    notice: int
    book_title: str
    barcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanDeclaredLost(DomainEvent):
    """A copy is given up for lost, by staff or by age."""

    type: ClassVar[str] = "lending.loan_declared_lost.v1"

    copy_id: UUID
    book_id: UUID
    patron_id: UUID
    book_title: str
    barcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanClaimedReturned(DomainEvent):
    """The patron says that the copy was returned; nobody has found it yet."""

    type: ClassVar[str] = "lending.loan_claimed_returned.v1"

    copy_id: UUID
    book_id: UUID
    patron_id: UUID
    book_title: str
    barcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnUndone(DomainEvent):
    """A return was scanned by mistake: the loan goes on as it was."""

    type: ClassVar[str] = "lending.return_undone.v1"

    copy_id: UUID
    book_id: UUID
    patron_id: UUID
    due_at: datetime
    returned_at: datetime
    book_title: str
    barcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookReturned(DomainEvent):
    """A lent copy came back. `days_overdue` counts days of the branch; 0 when it came in time."""

    type: ClassVar[str] = "lending.book_returned.v1"

    copy_id: UUID
    book_id: UUID
    patron_id: UUID
    branch: str
    due_at: datetime
    was_overdue: bool
    days_overdue: int
    book_title: str
    barcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanAnonymised(DomainEvent):
    """Nobody knows any more whose loan this was. `hold_ids` are their ended holds of the book."""

    type: ClassVar[str] = "lending.loan_anonymised.v1"

    copy_id: UUID
    book_id: UUID
    hold_ids: tuple[UUID, ...]
