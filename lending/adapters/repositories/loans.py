"""Loans, and uses in the house, in the database."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max
from msgspec import convert, to_builtins

from lending.domain.in_house_use import InHouseUse
from lending.domain.loan import LentCopy, Loan, LoanNotFound, LoanState
from lending.domain.loan_terms import LoanTerms
from lending.domain.policies.borrowing import CopyNotAvailable
from lending.models import InHouseUseRow, LoanRow
from outbox.unit_of_work import Repository


class DjangoLoans(Repository[Loan, LoanRow]):
    rows = LoanRow
    missing = LoanNotFound
    refusals = {"lending_one_open_loan_per_copy": CopyNotAvailable}

    def open_of_copy(self, copy_id: UUID) -> Loan | None:
        """The loan that this copy is out on."""
        return self.find(copy_id=copy_id, state=LoanState.OPEN)

    def open_of_patron(self, patron_id: UUID) -> Sequence[Loan]:
        """The loans that this patron has."""
        rows = LoanRow.objects.filter(patron_id=patron_id, state=LoanState.OPEN).order_by("due_at")
        return [self.known(row) for row in rows]

    def lent_of_book(self, book_id: UUID) -> Collection[UUID]:
        """The ids of the copies of a book that are out, as this unit of work leaves them."""
        rows = LoanRow.objects.filter(book_id=book_id, state=LoanState.OPEN).values_list("id", "copy_id")
        stored = {loan_id: copy_id for loan_id, copy_id in rows if loan_id not in self._known}
        known = {loan.copy.id for loan in self._known.values() if loan.state is LoanState.OPEN}
        return known.union(stored.values())

    def last_return_of(self, copy_id: UUID) -> datetime | None:
        """When this copy last came back."""
        last: datetime | None = LoanRow.objects.filter(copy_id=copy_id).aggregate(at=Max("returned_at"))["at"]
        return last

    def rebuild(self, row: LoanRow) -> Loan:
        """The loan as its row tells it."""
        return Loan(
            id=row.id,
            version=row.version,
            copy=LentCopy(
                id=row.copy_id,
                book_id=row.book_id,
                barcode=row.barcode,
                book_title=row.title,
                item_type=row.item_type,
            ),
            patron_id=row.patron_id,
            branch=row.branch,
            borrowed_at=row.borrowed_at,
            due_at=row.due_at,
            returned_at=row.returned_at,
            state=LoanState(row.state),
            renewals=row.renewals,
            due_version=row.due_version,
            due_soon_version=row.due_soon_version,
            terms=convert(row.terms, LoanTerms),
        )

    def columns(self, aggregate: Loan) -> dict[str, Any]:
        """The loan's row."""
        return {
            "copy_id": aggregate.copy.id,
            "book_id": aggregate.copy.book_id,
            "barcode": aggregate.copy.barcode,
            "title": aggregate.copy.book_title,
            "item_type": aggregate.copy.item_type,
            "patron_id": aggregate.patron_id,
            "branch": aggregate.branch,
            "borrowed_at": aggregate.borrowed_at,
            "due_at": aggregate.due_at,
            "returned_at": aggregate.returned_at,
            "state": aggregate.state.value,
            "renewals": aggregate.renewals,
            "due_version": aggregate.due_version,
            "due_soon_version": aggregate.due_soon_version,
            "terms": to_builtins(asdict(aggregate.terms)),
        }


class DjangoInHouseUses(Repository[InHouseUse, InHouseUseRow]):
    rows = InHouseUseRow

    def rebuild(self, row: InHouseUseRow) -> InHouseUse:
        """The use as its row tells it."""
        return InHouseUse(
            id=row.id,
            version=row.version,
            copy_id=row.copy_id,
            book_id=row.book_id,
            branch=row.branch,
            used_at=row.used_at,
        )

    def columns(self, aggregate: InHouseUse) -> dict[str, Any]:
        """The use's row."""
        return {
            "copy_id": aggregate.copy_id,
            "book_id": aggregate.book_id,
            "branch": aggregate.branch,
            "used_at": aggregate.used_at,
        }
