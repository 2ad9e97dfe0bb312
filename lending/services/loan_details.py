"""The public shape of a loan."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from lending.domain.loan import Loan
from shared_kernel.services.bus import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanDetails(Result):
    """A loan. `overdue` is as of the response; instants are UTC. `patron` is null once it is anonymised."""

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
        """The loan as it is at this instant. Raises LoanIsAnonymous."""
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
