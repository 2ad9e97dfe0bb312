"""The public shape of an account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Self
from uuid import UUID

from lending.domain.patron_account import Entry, PatronAccount
from shared_kernel.domain.money import Money
from shared_kernel.services.bus import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDetails(Result):
    """A line of the ledger; what takes from the balance has a negative amount."""

    id: UUID
    kind: str
    amount: Money
    loan: UUID | None
    at: datetime
    reason: str

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """The entry."""
        return cls(
            id=entry.id,
            kind=entry.kind.value,
            amount=Money(entry.signed, entry.amount.currency),
            loan=entry.loan_id,
            at=entry.at,
            reason=entry.reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDetails(Result):
    """What a patron owes, what is still accruing on overdue loans beside it, and the whole ledger."""

    balance: Money
    accruing: Money
    entries: Sequence[EntryDetails]

    @classmethod
    def of(cls, account: PatronAccount, *, accruing: Decimal = Decimal(0)) -> Self:
        """The account, with what is accruing."""
        return cls(
            balance=account.balance,
            accruing=Money(accruing, account.currency),
            entries=[EntryDetails.of(entry) for entry in account.entries],
        )
