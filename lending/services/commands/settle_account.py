"""A patron pays, or is forgiven."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.patron_account import (
    AmountNotPositive,
    ChargeNotFound,
    PaymentExceedsBalance,
    WaiverExceedsCharge,
)
from lending.services.account_answers import AccountView
from lending.services.borrowing import Directories
from lending.services.ports import LendingWork, UnknownPatron
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.money import InvalidMoney, Money
from shared_kernel.domain.text import ReasonRequired
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPayment(Command[AccountView]):
    """Take a patron's payment of a decimal amount, in the library's currency."""

    refusals = (UnknownPatron, InvalidMoney, AmountNotPositive, PaymentExceedsBalance)

    patron: UUID
    amount: str


def post_payment(
    command: PostPayment, work: LendingWork, *, directories: Directories, clock: Clock
) -> AccountView:
    """Take it. Raises InvalidMoney, AmountNotPositive and PaymentExceedsBalance."""
    bind_audit_subjects(patron=command.patron)
    patron = directories.patrons.standing_of(command.patron)
    account = work.accounts.of_patron(patron.id)
    account.pay(Money.parse(command.amount, account.currency), at=clock.now())
    return AccountView.of(account)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiveCharge(Command[AccountView]):
    """Forgive a charge, or a part of it, for a reason."""

    refusals = (
        UnknownPatron,
        InvalidMoney,
        ChargeNotFound,
        AmountNotPositive,
        ReasonRequired,
        WaiverExceedsCharge,
    )

    patron: UUID
    charge: UUID
    amount: str
    reason: str = ""

    @property
    def comment(self) -> str:
        """What goes on record."""
        return self.reason


def waive_charge(
    command: WaiveCharge, work: LendingWork, *, directories: Directories, clock: Clock
) -> AccountView:
    """Forgive it. Raises what PatronAccount.waive raises, and InvalidMoney."""
    bind_audit_subjects(patron=command.patron, charge=command.charge)
    patron = directories.patrons.standing_of(command.patron)
    account = work.accounts.of_patron(patron.id)
    amount = Money.parse(command.amount, account.currency)
    account.waive(command.charge, amount, reason=command.reason, at=clock.now())
    return AccountView.of(account)
