"""Loans and in-house uses in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Q
from django.db.models.functions import Coalesce
from msgspec import convert, to_builtins

from lending.domain.in_house_use import InHouseUse
from lending.domain.loan import OUTSTANDING, LentCopy, Loan, LoanNotFound, LoanState
from lending.domain.loan_terms import LoanTerms
from lending.domain.policies.borrowing import CopyNotAvailable
from lending.models import HoldRow, InHouseUseRow, LoanRow
from outbox.unit_of_work import DjangoRepository
from shared_kernel.sql.queries import CompiledQuery, Param

_OUTSTANDING = tuple(sorted(state.value for state in OUTSTANDING))


class DjangoLoans(DjangoRepository[Loan, LoanRow]):
    rows = LoanRow
    missing = LoanNotFound
    refusals = {"lending_one_outstanding_loan_per_copy": CopyNotAvailable}

    def open_of_copy(self, copy_id: UUID) -> Loan | None:
        """The outstanding loan of this copy."""
        return self._first(_outstanding_of_copy(copy_id=copy_id))

    def _first(self, rows: Sequence[LoanRow]) -> Loan | None:
        return self.attach(rows[0]) if rows else None

    def open_of_patron(self, patron_id: UUID) -> Sequence[Loan]:
        """The outstanding loans of this patron."""
        return [self.attach(row) for row in _open_of_patron(patron_id=patron_id)]

    def open_of(self, *, patron: UUID, copy: UUID) -> Sequence[Loan]:
        """The outstanding loans of this patron, and the outstanding loan of this copy."""
        return [self.attach(row) for row in _open_of(patron_id=patron, copy_id=copy)]

    def lent_of_book(self, book_id: UUID) -> Mapping[UUID, LoanState]:
        """The copies of a book that are on loan, changes of this unit of work included."""
        out = LoanRow.objects.filter(book_id=book_id, state__in=_OUTSTANDING)
        stored = {
            copy_id: LoanState(state)
            for loan_id, copy_id, state in out.values_list("id", "copy_id", "state")
            if loan_id not in self._identity_map
        }
        known = {loan.copy.id: loan.state for loan in self._identity_map.values()}
        return stored | {copy_id: state for copy_id, state in known.items() if state in OUTSTANDING}

    def last_scan_of(self, copy_id: UUID) -> datetime | None:
        """When this copy was last scanned at a return desk, whether or not it was on loan."""
        scans = (
            LoanRow.objects.filter(copy_id=copy_id).aggregate(
                at=Max(Coalesce("return_scanned_at", "returned_at"))
            ),
            InHouseUseRow.objects.filter(copy_id=copy_id).aggregate(at=Max("used_at")),
            HoldRow.objects.filter(copy_id=copy_id).aggregate(at=Max("cleared_at")),
        )
        return max((scan["at"] for scan in scans if scan["at"]), default=None)

    def rebuild(self, row: LoanRow) -> Loan:
        """The loan of this row."""
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
            return_scanned_at=row.return_scanned_at,
            returns=row.returns,
            state_before_return=LoanState(row.state_before_return) if row.state_before_return else None,
            state=LoanState(row.state),
            renewals=row.renewals,
            due_version=row.due_version,
            due_soon_version=row.due_soon_version,
            overdue_version=row.overdue_version,
            overdue_notices=row.overdue_notices,
            anonymised_at=row.anonymised_at,
            terms=convert(row.terms, LoanTerms),
            category=row.category,
        )

    def columns(self, aggregate: Loan) -> dict[str, Any]:
        """The loan's row."""
        return {
            "copy_id": aggregate.copy.id,
            "book_id": aggregate.copy.book_id,
            "barcode": aggregate.copy.barcode,
            "title": aggregate.copy.book_title,
            "item_type": aggregate.copy.item_type,
            "patron_id": None if aggregate.is_anonymous else aggregate.patron_id,
            "branch": aggregate.branch,
            "borrowed_at": aggregate.borrowed_at,
            "due_at": aggregate.due_at,
            "returned_at": aggregate.returned_at,
            "return_scanned_at": aggregate.return_scanned_at,
            "returns": aggregate.returns,
            "state_before_return": aggregate.state_before_return.value
            if aggregate.state_before_return
            else "",
            "state": aggregate.state.value,
            "renewals": aggregate.renewals,
            "due_version": aggregate.due_version,
            "due_soon_version": aggregate.due_soon_version,
            "overdue_version": aggregate.overdue_version,
            "overdue_notices": aggregate.overdue_notices,
            "anonymised_at": aggregate.anonymised_at,
            "terms": to_builtins(aggregate.terms),
            "category": aggregate.category,
        }


_outstanding = LoanRow.objects.filter(state__in=_OUTSTANDING).order_by("due_at")
_outstanding_of_copy = CompiledQuery(lambda: _outstanding.filter(copy_id=Param(LoanRow, "copy_id")))
_open_of_patron = CompiledQuery(lambda: _outstanding.filter(patron_id=Param(LoanRow, "patron_id")))
_open_of = CompiledQuery(
    lambda: _outstanding.filter(
        Q(patron_id=Param(LoanRow, "patron_id")) | Q(copy_id=Param(LoanRow, "copy_id"))
    )
)


class DjangoInHouseUses(DjangoRepository[InHouseUse, InHouseUseRow]):
    rows = InHouseUseRow

    def rebuild(self, row: InHouseUseRow) -> InHouseUse:
        """The in-house use of this row."""
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
