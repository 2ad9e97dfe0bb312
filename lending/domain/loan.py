"""A loan, from borrowing to return."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from lending.domain.loan_events import (
    BookBorrowed,
    BookReturned,
    LoanAnonymised,
    LoanBecameOverdue,
    LoanClaimedReturned,
    LoanDeclaredLost,
    LoanDueDateChanged,
    LoanDueSoon,
    LoanRenewed,
    LoanStillOverdue,
    ReturnUndone,
)
from lending.domain.loan_terms import LoanTerms
from shared_kernel.domain.aggregates import Aggregate
from shared_kernel.domain.errors import InvalidValue, NotFound, Refusal
from shared_kernel.domain.events import DomainEvent

#: How long a return can be undone, from its scan.
UNDO_WITHIN: Final = timedelta(minutes=15)
UNDO_MINUTES: Final = int(UNDO_WITHIN.total_seconds() // 60)
#: Overdue notices go out every so many days after the due date.
OVERDUE_NOTICE_EVERY: Final = 3


class LoanState(StrEnum):
    """The state of a loan. Overdue is not a state: it follows from the due date and the clock."""

    OPEN = "open"
    RETURNED = "returned"
    LOST = "lost"
    CLAIMED_RETURNED = "claimed_returned"


#: The states in which the copy is out, as far as the library knows.
OUTSTANDING = frozenset({LoanState.OPEN, LoanState.LOST, LoanState.CLAIMED_RETURNED})


class LoanNotFound(NotFound):
    message = "No loan has this id."


class ReturnedInTheFuture(InvalidValue):
    code = "returned_in_the_future"
    message = "The return can't be in the future; it is now {now}."
    pointer = "/returned_at"


class ReturnedBeforeBorrowed(InvalidValue):
    code = "returned_before_borrowed"
    message = "The return can't be earlier than the loan, which began {borrowed_at}."
    pointer = "/returned_at"


class AlreadyLost(Refusal):
    code = "already_lost"
    message = "The loan is already declared lost."


class LoanNotOpen(Refusal):
    code = "loan_not_open"
    message = "This needs an open loan; this one is {state}."


class UndoTooLate(Refusal):
    code = "undo_too_late"
    message = "A return can be undone within {minutes} minutes, and only if the copy hasn't been used since."


class CannotUndo(Refusal):
    code = "cannot_undo"
    message = "The return can't be undone: {reason}."


class LoanNotEnded(Refusal):
    code = "loan_not_ended"
    message = "Only returned loans can be anonymised; this one is {state}."


class LoanIsAnonymous(Refusal):
    code = "loan_anonymised"
    message = "The loan has been anonymised."


class LoanAlreadyReturned(Refusal):
    code = "already_returned"
    message = "The loan was already returned on {returned_at}."


@dataclass(frozen=True, slots=True, kw_only=True)
class LentCopy:
    """A loan's snapshot of its copy."""

    id: UUID
    book_id: UUID
    barcode: str
    book_title: str
    item_type: str


class Loan(Aggregate):
    """One copy lent to one patron under the terms of that day. Instants are aware, in UTC.

    A returned loan may be anonymised: then it has no patron, and `anonymised_at` is set. `returned_at` is the
    instant of the return as staff state it, `return_scanned_at` that of the scan. `returns` includes those
    that were undone; `state_before_return` is what undoing restores.
    """

    def __init__(
        self,
        *,
        id: UUID,
        copy: LentCopy,
        patron_id: UUID | None,
        branch: str,
        borrowed_at: datetime,
        due_at: datetime,
        terms: LoanTerms,
        category: str = "",
        state: LoanState = LoanState.OPEN,
        returned_at: datetime | None = None,
        return_scanned_at: datetime | None = None,
        returns: int = 0,
        state_before_return: LoanState | None = None,
        renewals: int = 0,
        due_version: int = 1,
        due_soon_version: int = 0,
        overdue_version: int = 0,
        overdue_notices: int = 0,
        anonymised_at: datetime | None = None,
        version: int = 0,
    ) -> None:
        super().__init__(id=id, version=version)
        self.copy = copy
        self._patron_id = patron_id
        self.branch = branch
        self.borrowed_at = borrowed_at
        self.due_at = due_at
        self.terms = terms
        self.category = category
        self.state = state
        self.returned_at = returned_at
        self.return_scanned_at = return_scanned_at
        self.returns = returns
        self.state_before_return = state_before_return
        self.renewals = renewals
        self.due_version = due_version
        self.due_soon_version = due_soon_version
        self.overdue_version = overdue_version
        self.overdue_notices = overdue_notices
        self.anonymised_at = anonymised_at

    @classmethod
    def borrow(
        cls,
        *,
        id: UUID,
        copy: LentCopy,
        patron_id: UUID,
        branch: str,
        at: datetime,
        due_at: datetime,
        terms: LoanTerms,
        category: str,
        overridden: tuple[str, ...] = (),
    ) -> Self:
        """Begin a loan to a patron of `category`. The borrowing policies are checked before."""
        loan = cls(
            id=id,
            copy=copy,
            patron_id=patron_id,
            branch=branch,
            borrowed_at=at,
            due_at=due_at,
            terms=terms,
            category=category,
        )
        loan._record_event(BookBorrowed, at=at, branch=branch, due_at=due_at, overridden=overridden)
        return loan

    @property
    def patron_id(self) -> UUID:
        """The borrower. Raises LoanIsAnonymous."""
        if self._patron_id is None:
            raise LoanIsAnonymous
        return self._patron_id

    @property
    def is_anonymous(self) -> bool:
        """Whether the loan has been anonymised."""
        return self._patron_id is None

    def is_overdue(self, at: datetime) -> bool:
        """Whether the copy is still out and its due date has passed at that instant."""
        return self.state is LoanState.OPEN and at > self.due_at

    def check_return(self, *, at: datetime) -> None:
        """Raises ReturnedBeforeBorrowed, and LoanAlreadyReturned for a loan that has ended."""
        if self.state not in OUTSTANDING:
            raise LoanAlreadyReturned(returned_at=self.returned_at)
        if at < self.borrowed_at:
            raise ReturnedBeforeBorrowed(borrowed_at=self.borrowed_at.isoformat())

    def bring_back(self, *, at: datetime, scanned_at: datetime, days_overdue: int) -> None:
        """End the loan as of an instant that may lie before the scan. Raises what `check_return` does."""
        self.check_return(at=at)
        was_overdue = at > self.due_at
        self.state_before_return, self.state = self.state, LoanState.RETURNED
        self.returned_at, self.return_scanned_at = at, scanned_at
        self.returns += 1
        self._record_event(
            BookReturned,
            at=at,
            branch=self.branch,
            due_at=self.due_at,
            was_overdue=was_overdue,
            days_overdue=days_overdue,
        )

    def renew(self, *, due_at: datetime, at: datetime) -> None:
        """Renew the loan until `due_at`. The renewal policies are checked before."""
        self.renewals += 1
        self._set_due(due_at)
        self._record_event(
            LoanRenewed, at=at, due_at=due_at, due_version=self.due_version, renewals=self.renewals
        )

    def redate(self, *, due_at: datetime, at: datetime) -> None:
        """Move the due date off a closed day; the same date changes nothing."""
        previous_due_at = self.due_at
        if due_at == previous_due_at:
            return
        self._set_due(due_at)
        self._record_event(
            LoanDueDateChanged,
            at=at,
            previous_due_at=previous_due_at,
            due_at=due_at,
            due_version=self.due_version,
        )

    def remind_due_soon(self, *, at: datetime) -> None:
        """Record, once for each due date, that it is near."""
        if self.due_soon_version < self.due_version:
            self.due_soon_version = self.due_version
            self._record_event(LoanDueSoon, at=at, due_at=self.due_at, due_version=self.due_version)

    def mark_overdue(self, *, days_overdue: int, at: datetime) -> None:
        """Record, once for each due date and then every few days, that the loan is overdue."""
        if not self.is_overdue(at):
            return
        if self.overdue_version < self.due_version:
            self.overdue_version, self.overdue_notices = self.due_version, 0
            self._record_event(LoanBecameOverdue, at=at, due_at=self.due_at, due_version=self.due_version)
        notice = days_overdue // OVERDUE_NOTICE_EVERY
        if notice > self.overdue_notices:
            self.overdue_notices = notice
            self._record_event(
                LoanStillOverdue,
                at=at,
                due_at=self.due_at,
                due_version=self.due_version,
                days_overdue=days_overdue,
                notice=notice,
            )

    def declare_lost(self, *, at: datetime) -> None:
        """Declare the copy lost. Raises AlreadyLost, and LoanNotOpen for a loan that has ended."""
        if self.state is LoanState.LOST:
            raise AlreadyLost
        if self.state not in OUTSTANDING:
            raise LoanNotOpen(state=self.state.value)
        self.state = LoanState.LOST
        self._record_event(LoanDeclaredLost, at=at)

    def claim_returned(self, *, at: datetime) -> None:
        """Record that the patron claims to have returned it. Raises LoanNotOpen."""
        if self.state is not LoanState.OPEN:
            raise LoanNotOpen(state=self.state.value)
        self.state = LoanState.CLAIMED_RETURNED
        self._record_event(LoanClaimedReturned, at=at)

    def undo_return(self, *, at: datetime) -> None:
        """Restore the state before a return that was a mistake. Raises UndoTooLate."""
        returned_at = self.returned_at
        scanned_at = self.return_scanned_at or returned_at  # null: returned before scans were recorded
        if self.state is not LoanState.RETURNED or not returned_at or not scanned_at:
            raise UndoTooLate(minutes=UNDO_MINUTES)
        if at - scanned_at > UNDO_WITHIN:
            raise UndoTooLate(minutes=UNDO_MINUTES)
        self.state = self.state_before_return or LoanState.OPEN
        self.returned_at = self.return_scanned_at = self.state_before_return = None
        self._restart_due_version()
        self._record_event(ReturnUndone, at=at, due_at=self.due_at, returned_at=returned_at)

    def anonymise(self, *, hold_ids: tuple[UUID, ...], at: datetime) -> None:
        """Remove the patron. The anonymising policy is checked before. Raises LoanNotEnded."""
        if self.state is not LoanState.RETURNED:
            raise LoanNotEnded(state=self.state.value)
        self._patron_id, self.anonymised_at = None, at
        self._record(
            LoanAnonymised(
                aggregate_id=self.id,
                occurred_at=at,
                copy_id=self.copy.id,
                book_id=self.copy.book_id,
                hold_ids=hold_ids,
            )
        )

    def _restart_due_version(self) -> None:
        """Start a new version of the due date: it can be fined again, but its notices are not repeated."""
        told_soon = self.due_soon_version == self.due_version
        told_overdue = self.overdue_version == self.due_version
        self.due_version += 1
        self.due_soon_version = self.due_version if told_soon else self.due_soon_version
        self.overdue_version = self.due_version if told_overdue else self.overdue_version

    def _set_due(self, due_at: datetime) -> None:
        self.due_at = due_at
        self.due_version += 1

    def _record_event(
        self, event: type[DomainEvent], *, at: datetime, **more: Any
    ) -> None:  # the event's own fields
        self._record(
            event(
                aggregate_id=self.id,
                occurred_at=at,
                copy_id=self.copy.id,
                book_id=self.copy.book_id,
                patron_id=self.patron_id,
                book_title=self.copy.book_title,
                barcode=self.copy.barcode,
                **more,
            )  # type: ignore[call-arg]  # every event of a loan has these fields
        )
