"""Posts a patron's payment."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.patron_account import AmountNotPositive, PaymentExceedsBalance
from lending.services.account_details import AccountDetails
from lending.services.gateways import Gateways
from lending.services.ports import LendingWork, PatronNotFound
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.money import InvalidMoney, Money
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPayment(Command[AccountDetails]):
    """Post a patron's payment of a decimal amount, in the library's currency."""

    refusals = (PatronNotFound, InvalidMoney, AmountNotPositive, PaymentExceedsBalance)

    patron: UUID
    amount: str


def post_payment(
    command: PostPayment, work: LendingWork, *, gateways: Gateways, clock: Clock
) -> AccountDetails:
    """Post it. Raises PatronNotFound, InvalidMoney, AmountNotPositive and PaymentExceedsBalance."""
    bind_audit_subjects(patron=command.patron)
    patron = gateways.patrons.standing_of(command.patron)
    account = work.accounts.of_patron(patron.id)
    account.pay(Money.parse(command.amount, account.currency), at=clock.now())
    return AccountDetails.of(account)
