"""A patron's account: an append-only ledger, whose sum is the balance."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4, uuid5

from lending.domain import patron_account_events as events
from shared_kernel.domain.aggregates import Aggregate
from shared_kernel.domain.errors import InvalidValue, NotFound
from shared_kernel.domain.money import Money
from shared_kernel.domain.text import required_reason

_ACCOUNTS = UUID("6d1b3f57-2c0e-5d59-9a34-7f52b6f0c1aa")


class EntryKind(StrEnum):
    """The kinds of charges and of credits."""

    OVERDUE = "overdue"
    LOST = "lost"
    PROCESSING = "processing"
    PAYMENT = "payment"
    WAIVER = "waiver"
    REFUND = "refund"


CHARGES: Final = frozenset({EntryKind.OVERDUE, EntryKind.LOST, EntryKind.PROCESSING})


class PaymentExceedsBalance(InvalidValue):
    code = "payment_exceeds_balance"
    message = "The payment is more than the balance of {balance}."
    pointer = "/amount"


class AmountNotPositive(InvalidValue):
    code = "invalid_money"
    message = "The amount must be greater than zero."
    pointer = "/amount"


class WaiverExceedsCharge(InvalidValue):
    code = "waiver_exceeds_charge"
    message = "The waiver is more than the {left} left of this charge."
    pointer = "/amount"


class ChargeNotFound(NotFound):
    message = "The account has no such charge."
    pointer = "/charge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An immutable line of the ledger. `amount` is positive; its sign follows from the kind.

    A charge refers to its loan, a fine also to a version of the due date, a waiver or refund to its charge.
    """

    id: UUID
    kind: EntryKind
    amount: Money
    at: datetime
    loan_id: UUID | None = None
    due_version: int | None = None
    charge_id: UUID | None = None
    reason: str = ""

    @property
    def signed(self) -> Decimal:
        """What the entry adds to the balance."""
        return self.amount.amount if self.kind in CHARGES else -self.amount.amount


class PatronAccount(Aggregate):
    """The account of one patron, in the library's currency. `new` are the entries not yet stored."""

    def __init__(
        self, *, patron_id: UUID, currency: str, entries: Iterable[Entry] = (), version: int = 0
    ) -> None:
        super().__init__(id=account_id(patron_id), version=version)
        self.patron_id = patron_id
        self.currency = currency
        self.entries = list(entries)
        self.new: list[Entry] = []

    @property
    def balance(self) -> Money:
        """What the patron owes: the sum of the ledger."""
        return Money(sum((entry.signed for entry in self.entries), Decimal(0)), self.currency)

    def charge(
        self, kind: EntryKind, amount: Decimal, *, loan_id: UUID, due_version: int | None = None, at: datetime
    ) -> None:
        """Post a charge for a loan, unless it is zero or was posted before."""
        if amount <= 0 or any(
            (it.kind, it.loan_id, it.due_version) == (kind, loan_id, due_version) for it in self.entries
        ):
            return
        entry = self._enter(
            kind, Money(amount, self.currency), at=at, loan_id=loan_id, due_version=due_version
        )
        self._record_event(events.ChargePosted, entry, kind=kind.value, loan_id=loan_id)

    def pay(self, amount: Money, *, at: datetime) -> None:
        """Post a payment. Raises AmountNotPositive and PaymentExceedsBalance."""
        _check_positive(amount)
        if amount > self.balance:
            raise PaymentExceedsBalance(balance=f"{self.balance.amount} {self.currency}")
        self._record_event(events.PaymentPosted, self._enter(EntryKind.PAYMENT, amount, at=at))

    def waive(self, charge_id: UUID, amount: Money, *, reason: str, at: datetime) -> None:
        """Waive a charge, or part of it.

        Raises ChargeNotFound, AmountNotPositive, ReasonRequired and WaiverExceedsCharge.
        """
        left = min(self._remaining(charge_id), self.balance.amount)
        _check_positive(amount)
        reason = required_reason(reason)
        if amount.amount > left:
            raise WaiverExceedsCharge(left=f"{left} {self.currency}")
        entry = self._enter(EntryKind.WAIVER, amount, at=at, charge_id=charge_id, reason=reason)
        self._record_event(events.ChargeWaived, entry, charge_id=charge_id)

    def refund(self, kind: EntryKind, *, loan_id: UUID, at: datetime, due_version: int | None = None) -> None:
        """Refund what remains of a charge for a loan, if there is one. The balance may fall below zero."""
        for charge in self.entries:
            if (charge.kind, charge.loan_id, charge.due_version) == (kind, loan_id, due_version):
                left = self._remaining(charge.id)
                if left > 0:
                    money = Money(left, self.currency)
                    entry = self._enter(EntryKind.REFUND, money, at=at, charge_id=charge.id, loan_id=loan_id)
                    self._record_event(events.ChargeRefunded, entry, charge_id=charge.id)
                return

    def outstanding_for(self, loan_id: UUID) -> Decimal:
        """The amount still unpaid for a loan; payments settle the oldest charges first."""
        paid = sum((it.amount.amount for it in self.entries if it.kind is EntryKind.PAYMENT), Decimal(0))
        owed = Decimal(0)
        for charge in (it for it in self.entries if it.kind in CHARGES):
            left = max(self._remaining(charge.id), Decimal(0))
            settled = min(left, paid)
            paid -= settled
            if charge.loan_id == loan_id:
                owed += left - settled
        return owed

    def _remaining(self, charge_id: UUID) -> Decimal:
        charge = next((it for it in self.entries if it.id == charge_id and it.kind in CHARGES), None)
        if charge is None:
            raise ChargeNotFound
        credited = sum((it.amount.amount for it in self.entries if it.charge_id == charge_id), Decimal(0))
        return charge.amount.amount - credited

    def _enter(
        self,
        kind: EntryKind,
        amount: Money,
        *,
        at: datetime,
        loan_id: UUID | None = None,
        due_version: int | None = None,
        charge_id: UUID | None = None,
        reason: str = "",
    ) -> Entry:
        entry = Entry(
            id=uuid4(),
            kind=kind,
            amount=amount,
            at=at,
            loan_id=loan_id,
            due_version=due_version,
            charge_id=charge_id,
            reason=reason,
        )
        self.entries.append(entry)
        self.new.append(entry)
        return entry

    def _record_event(self, event: type[events.AccountEvent], entry: Entry, **more: object) -> None:
        self._record(
            event(
                aggregate_id=self.id,
                occurred_at=entry.at,
                patron_id=self.patron_id,
                entry_id=entry.id,
                amount=entry.amount,
                balance=self.balance,
                **more,
            )
        )


def account_id(patron_id: UUID) -> UUID:
    """The id of a patron's account, derived from the patron's id."""
    return uuid5(_ACCOUNTS, str(patron_id))


def _check_positive(amount: Money) -> None:
    if amount.amount <= 0:
        raise AmountNotPositive
