"""Events of patrons' accounts: ids and amounts, no personal data."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from shared_kernel.domain.events import DomainEvent
from shared_kernel.domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent(DomainEvent):
    """The fields of every account event. `balance` is what the patron owes afterwards."""

    patron_id: UUID
    entry_id: UUID
    amount: Money
    balance: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargePosted(AccountEvent):
    """A charge was posted: an `overdue` fine, the price of a `lost` copy, or its `processing` fee."""

    type: ClassVar[str] = "lending.charge_posted.v1"

    kind: str
    loan_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPosted(AccountEvent):
    """A patron paid."""

    type: ClassVar[str] = "lending.payment_posted.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeWaived(AccountEvent):
    """A charge was waived, in full or in part."""

    type: ClassVar[str] = "lending.charge_waived.v1"

    charge_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRefunded(AccountEvent):
    """A charge was refunded, because the copy was found or the return undone."""

    type: ClassVar[str] = "lending.charge_refunded.v1"

    charge_id: UUID
