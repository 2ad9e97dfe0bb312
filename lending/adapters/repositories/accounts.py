"""Patrons' accounts in the database: one row to lock for each, one row for each entry."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Sum

from lending.domain.patron_account import Entry, EntryKind, PatronAccount, account_id
from lending.models import AccountRow, LedgerEntryRow
from outbox.unit_of_work import DjangoRepository
from shared_kernel.domain.money import Money
from shared_kernel.sql.queries import CompiledQuery, Param


class DjangoAccounts(DjangoRepository[PatronAccount, AccountRow]):
    rows = AccountRow
    related_rows = (LedgerEntryRow,)

    def of_patron(self, patron_id: UUID) -> PatronAccount:
        """The account of a patron, locked; its row is made when it is first needed."""
        known = self._identity_map.get(account_id(patron_id))
        if known is not None:
            return known
        locked = AccountRow.objects.select_for_update().filter(patron_id=patron_id)
        row = locked.first()
        if row is None:
            made = AccountRow(id=account_id(patron_id), version=0, patron_id=patron_id)
            AccountRow.objects.bulk_create([made], ignore_conflicts=True)
            row = locked.get()
        return self.attach(row)

    def peek(self, patron_id: UUID) -> PatronAccount:
        """The account for reading."""
        row = AccountRow.objects.filter(patron_id=patron_id).first()
        return self.rebuild(row) if row else PatronAccount(patron_id=patron_id, currency=settings.CURRENCY)

    def balance_of(self, patron_id: UUID) -> Money:
        """The balance of a patron's account, without a lock."""
        [(minor,)] = _balance(patron_id=patron_id) or [(0,)]
        return Money.from_minor(minor or 0, settings.CURRENCY)

    def is_new(self, aggregate: PatronAccount) -> bool:  # noqa: ARG002  its row is made when it is locked
        """Never: locking an account creates its row."""
        return False

    def rebuild(self, row: AccountRow) -> PatronAccount:
        """The account with all its entries."""
        entries = LedgerEntryRow.objects.filter(account=row).order_by("number")
        return PatronAccount(
            patron_id=row.patron_id,
            currency=settings.CURRENCY,
            entries=[_entry(each) for each in entries],
            version=row.version,
        )

    def columns(self, aggregate: PatronAccount) -> dict[str, Any]:
        """The account's row keeps its version alone."""
        return {"patron_id": aggregate.patron_id}

    def _overwrite(self, aggregate: PatronAccount) -> None:
        super()._overwrite(aggregate)
        first = len(aggregate.entries) - len(aggregate.new) + 1
        LedgerEntryRow.objects.bulk_create(
            [_row(entry, aggregate, number) for number, entry in enumerate(aggregate.new, start=first)]
        )
        aggregate.new.clear()


_balance = CompiledQuery(
    lambda: (
        LedgerEntryRow.objects.filter(patron_id=Param(LedgerEntryRow, "patron_id"))
        .order_by()
        .values("patron_id")
        .annotate(sum=Sum("amount_minor"))
        .values_list("sum")
    )
)


def _entry(row: LedgerEntryRow) -> Entry:
    return Entry(
        id=row.id,
        kind=EntryKind(row.kind),
        amount=Money.from_minor(abs(row.amount_minor), row.currency),
        at=row.at,
        loan_id=row.loan_id,
        due_version=row.due_version,
        due_at=row.due_at,
        charge_id=row.charge_id,
        return_number=row.return_number,
        reason=row.reason,
    )


def _row(entry: Entry, account: PatronAccount, number: int) -> LedgerEntryRow:
    owed = entry.signed >= 0
    return LedgerEntryRow(
        id=entry.id,
        number=number,
        account_id=account.id,
        patron_id=account.patron_id,
        kind=entry.kind.value,
        amount_minor=entry.amount.minor if owed else -entry.amount.minor,
        currency=entry.amount.currency,
        loan_id=entry.loan_id,
        due_version=entry.due_version,
        due_at=entry.due_at,
        charge_id=entry.charge_id,
        return_number=entry.return_number,
        at=entry.at,
        reason=entry.reason,
    )
