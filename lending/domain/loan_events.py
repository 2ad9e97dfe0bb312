"""Events of loans: ids and dates, with `book_title` and `barcode` as they were, for notices."""

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
    """The library moved a due date off a day on which the branch is closed."""

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
    """A loan is due soon; recorded once for each due date."""

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
    """A loan passed its due date; recorded once for each due date."""

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
    """A loan is still overdue; recorded every few days. `notice` counts from 1 for each due date."""

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
    """A copy was declared lost, by staff or after the period of the terms."""

    type: ClassVar[str] = "lending.loan_declared_lost.v1"

    copy_id: UUID
    book_id: UUID
    patron_id: UUID
    book_title: str
    barcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanClaimedReturned(DomainEvent):
    """The patron claims to have returned the copy; it has not been found yet."""

    type: ClassVar[str] = "lending.loan_claimed_returned.v1"

    copy_id: UUID
    book_id: UUID
    patron_id: UUID
    book_title: str
    barcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnUndone(DomainEvent):
    """A return was undone: the loan is open again."""

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
    """A lent copy was returned. `days_overdue` counts days of the branch; 0 if it was in time."""

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
    """The loan was anonymised, and with it the patron's ended holds on the book (`hold_ids`)."""

    type: ClassVar[str] = "lending.loan_anonymised.v1"

    copy_id: UUID
    book_id: UUID
    hold_ids: tuple[UUID, ...]
