"""What happens to accounts: ids and amounts, never a word about a person."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from shared_kernel.domain.events import DomainEvent
from shared_kernel.domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent(DomainEvent):
    """What all events of accounts tell. `balance` is what the patron owes after it."""

    patron_id: UUID
    entry_id: UUID
    amount: Money
    balance: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargePosted(AccountEvent):
    """A patron owes something: for lateness (`overdue`), for a lost copy (`lost`) or its `processing`."""

    type: ClassVar[str] = "lending.charge_posted.v1"

    kind: str
    loan_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPosted(AccountEvent):
    """A patron paid."""

    type: ClassVar[str] = "lending.payment_posted.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeWaived(AccountEvent):
    """The library forgave a charge, or a part of it."""

    type: ClassVar[str] = "lending.charge_waived.v1"

    charge_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRefunded(AccountEvent):
    """A charge was taken back, because what it was for has been found or undone."""

    type: ClassVar[str] = "lending.charge_refunded.v1"

    charge_id: UUID
