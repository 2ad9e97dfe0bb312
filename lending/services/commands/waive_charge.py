"""Waives a charge."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.patron_account import AmountNotPositive, ChargeNotFound, WaiverExceedsCharge
from lending.services.account_details import AccountDetails
from lending.services.gateways import Gateways
from lending.services.ports import LendingWork, PatronNotFound
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.money import InvalidMoney, Money
from shared_kernel.domain.text import ReasonRequired
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiveCharge(Command[AccountDetails]):
    """Waive a charge, or part of it, for a reason."""

    refusals = (
        PatronNotFound,
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
        """The comment that the audit keeps."""
        return self.reason


def waive_charge(
    command: WaiveCharge, work: LendingWork, *, gateways: Gateways, clock: Clock
) -> AccountDetails:
    """Waive it. Raises PatronNotFound, InvalidMoney, and what PatronAccount.waive raises."""
    bind_audit_subjects(patron=command.patron, charge=command.charge)
    patron = gateways.patrons.standing_of(command.patron)
    account = work.accounts.of_patron(patron.id)
    amount = Money.parse(command.amount, account.currency)
    account.waive(command.charge, amount, reason=command.reason, at=clock.now())
    return AccountDetails.of(account)
