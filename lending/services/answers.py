"""The public shapes of lending's answers."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from lending.domain.hold import Hold
from lending.domain.loan import Loan
from shared_kernel.services.bus import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanView(Result):
    """A loan as everybody sees it. `overdue` is as of the answer; instants are UTC.

    `patron` is null for an ended loan that was anonymised.
    """

    id: UUID
    copy_barcode: str
    book: UUID
    title: str
    patron: UUID | None
    branch: str
    state: str
    borrowed_at: datetime
    due_at: datetime
    returned_at: datetime | None
    renewals: int
    overdue: bool

    @classmethod
    def of(cls, loan: Loan, *, now: datetime) -> Self:
        """A loan as it stands at this instant."""
        return cls(
            id=loan.id,
            copy_barcode=loan.copy.barcode,
            book=loan.copy.book_id,
            title=loan.copy.book_title,
            patron=loan.patron_id,
            branch=loan.branch,
            state=loan.state.value,
            borrowed_at=loan.borrowed_at,
            due_at=loan.due_at,
            returned_at=loan.returned_at,
            renewals=loan.renewals,
            overdue=loan.is_overdue(now),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldView(Result):
    """A hold. `position` is 1 for the next to be served, null once it has ended; `copy` is a barcode.

    `patron` is null for one that has ended and was anonymised with its loan.
    """

    id: UUID
    book: UUID
    patron: UUID | None
    copy: str | None
    state: str
    position: int | None
    pickup_branch: str | None
    pickup_deadline_at: datetime | None
    placed_at: datetime
    suspended: bool
    suspended_until: date | None

    @classmethod
    def of(cls, hold: Hold, *, book: UUID, position: int | None) -> Self:
        """A hold as it stands."""
        return cls(
            id=hold.id,
            book=book,
            patron=hold.patron_id,
            copy=hold.barcode,
            state=hold.state.value,
            position=position,
            pickup_branch=hold.pickup_branch,
            pickup_deadline_at=hold.pickup_deadline_at,
            placed_at=hold.placed_at,
            suspended=hold.suspended,
            suspended_until=hold.suspended_until,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnReceipt(Result):
    """What a scan at the return desk did: ended a loan, served a hold, or recorded a use in the house."""

    loan: LoanView | None
    hold: HoldView | None
    in_house: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalView(Result):
    """One reason against a borrowing, by its stable code."""

    code: str
    detail: str
    params: dict[str, Any]  # each refusal has its own


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibilityView(Result):
    """Whether this patron may borrow this copy now, and everything that is in the way."""

    eligible: bool
    refusals: list[RefusalView]
