"""A patron's account: an append-only ledger, whose sum is the balance."""

from collections.abc import Callable, Iterable
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

    A charge refers to its loan, a fine also to a version of the due date and to that date itself, a waiver or
    refund to its charge. `return_number` says which return of the loan an entry was posted with.
    """

    id: UUID
    kind: EntryKind
    amount: Money
    at: datetime
    loan_id: UUID | None = None
    due_version: int | None = None
    due_at: datetime | None = None
    charge_id: UUID | None = None
    return_number: int | None = None
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

    def charge(self, kind: EntryKind, amount: Decimal, *, loan_id: UUID, at: datetime) -> None:
        """Post a charge for a loan, unless it is zero or one of its kind is still charged."""
        if amount > 0 and self._charged(kind, loan_id) <= 0:
            self._charge(kind, amount, loan_id=loan_id, at=at)

    def fine(
        self,
        amount: Decimal,
        *,
        loan_id: UUID,
        due_version: int,
        due_at: datetime,
        at: datetime,
        return_number: int | None = None,
    ) -> None:
        """Charge what a fine is more than what is charged already for the same due date.

        Each version of the due date is fined once. Several versions have the same date after a return was
        undone; a fine that was waived then isn't charged again.
        """
        fines = [it for it in self._charges(EntryKind.OVERDUE, loan_id) if it.due_version == due_version]
        more = amount - self._charged(EntryKind.OVERDUE, loan_id, due_at=due_at)
        if more > 0 and not fines:
            self._charge(
                EntryKind.OVERDUE,
                more,
                loan_id=loan_id,
                due_version=due_version,
                due_at=due_at,
                at=at,
                return_number=return_number,
            )

    def pay(self, amount: Money, *, at: datetime) -> None:
        """Post a payment. Raises AmountNotPositive and PaymentExceedsBalance."""
        _check_positive(amount)
        if amount > self.balance:
            raise PaymentExceedsBalance(balance=f"{self.balance.amount} {self.currency}")
        self._record_event(
            events.PaymentPosted, self._enter(Entry(id=uuid4(), kind=EntryKind.PAYMENT, amount=amount, at=at))
        )

    def waive(self, charge_id: UUID, amount: Money, *, reason: str, at: datetime) -> None:
        """Waive a charge, or part of it.

        Raises ChargeNotFound, AmountNotPositive, ReasonRequired and WaiverExceedsCharge.
        """
        left = min(self._remaining(charge_id), self.balance.amount)
        _check_positive(amount)
        reason = required_reason(reason)
        if amount.amount > left:
            raise WaiverExceedsCharge(left=f"{left} {self.currency}")
        entry = self._enter(
            Entry(id=uuid4(), kind=EntryKind.WAIVER, amount=amount, at=at, charge_id=charge_id, reason=reason)
        )
        self._record_event(events.ChargeWaived, entry, charge_id=charge_id)

    def correct_fines(
        self, fine_for: Callable[[datetime], Decimal], *, loan_id: UUID, at: datetime, return_number: int
    ) -> None:
        """Refund what the fines for a loan are more than `fine_for` their due dates says."""
        charges = self._charges(EntryKind.OVERDUE, loan_id)
        for due_at in {it.due_at for it in charges if it.due_at}:
            excess = self._charged(EntryKind.OVERDUE, loan_id, due_at=due_at) - fine_for(due_at)
            for charge in reversed([it for it in charges if it.due_at == due_at]):
                excess -= self._refund(charge, excess, at=at, return_number=return_number)

    def refund(self, kind: EntryKind, *, loan_id: UUID, at: datetime, return_number: int) -> None:
        """Refund what remains of the charges for a loan. The balance may fall below zero."""
        for charge in self._charges(kind, loan_id):
            self._refund(charge, charge.amount.amount, at=at, return_number=return_number)

    def undo_return(self, *, loan_id: UUID, return_number: int, at: datetime) -> None:
        """Refund what a return charged, and charge again what it refunded. Waivers and payments stand."""
        posted = [it for it in self.entries if (it.loan_id, it.return_number) == (loan_id, return_number)]
        for entry in posted:
            if entry.kind in CHARGES:
                self._refund(entry, entry.amount.amount, at=at)
                continue
            charge = next(it for it in self.entries if it.id == entry.charge_id)
            self._charge(charge.kind, entry.amount.amount, loan_id=loan_id, due_at=charge.due_at, at=at)

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

    def _charges(self, kind: EntryKind, loan_id: UUID) -> list[Entry]:
        return [it for it in self.entries if (it.kind, it.loan_id) == (kind, loan_id)]

    def _charged(self, kind: EntryKind, loan_id: UUID, *, due_at: datetime | None = None) -> Decimal:
        """What is charged of a kind for a loan (a fine: for a due date), without what was refunded."""
        charges = {it.id: it for it in self._charges(kind, loan_id) if due_at in {None, it.due_at}}
        refunds = [it for it in self.entries if it.kind is EntryKind.REFUND and it.charge_id in charges]
        return sum((it.signed for it in [*charges.values(), *refunds]), Decimal(0))

    def _charge(
        self,
        kind: EntryKind,
        amount: Decimal,
        *,
        loan_id: UUID,
        at: datetime,
        due_version: int | None = None,
        due_at: datetime | None = None,
        return_number: int | None = None,
    ) -> None:
        entry = self._enter(
            Entry(
                id=uuid4(),
                kind=kind,
                amount=Money(amount, self.currency),
                at=at,
                loan_id=loan_id,
                due_version=due_version,
                due_at=due_at,
                return_number=return_number,
            )
        )
        self._record_event(events.ChargePosted, entry, kind=kind.value, loan_id=loan_id)

    def _refund(
        self, charge: Entry, amount: Decimal, *, at: datetime, return_number: int | None = None
    ) -> Decimal:
        """Refund so much of a charge, or what is left of it. Returns what was refunded."""
        amount = max(min(amount, self._remaining(charge.id)), Decimal(0))
        if amount:
            entry = self._enter(
                Entry(
                    id=uuid4(),
                    kind=EntryKind.REFUND,
                    amount=Money(amount, self.currency),
                    at=at,
                    loan_id=charge.loan_id,
                    charge_id=charge.id,
                    return_number=return_number,
                )
            )
            self._record_event(events.ChargeRefunded, entry, charge_id=charge.id)
        return amount

    def _remaining(self, charge_id: UUID) -> Decimal:
        charge = next((it for it in self.entries if it.id == charge_id and it.kind in CHARGES), None)
        if charge is None:
            raise ChargeNotFound
        credited = sum((it.amount.amount for it in self.entries if it.charge_id == charge_id), Decimal(0))
        return charge.amount.amount - credited

    def _enter(self, entry: Entry) -> Entry:
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
