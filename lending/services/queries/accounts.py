"""Queries about patrons' accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from lending.domain.loan import Loan
from lending.domain.patron_account import PatronAccount
from lending.services.account_details import AccountDetails
from lending.services.charges import accrued_fine
from lending.services.gateways import Gateways
from lending.services.ports import LendingWork, PatronNotFound
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class GetAccount(Query[AccountDetails]):
    """A patron's account. `viewer_login` limits it to that login's own; None sees every account."""

    refusals = (PatronNotFound,)

    patron: UUID
    viewer_login: int | None = None


def get_account(query: GetAccount, *, work: LendingWork, gateways: Gateways, clock: Clock) -> AccountDetails:
    """The account. Raises PatronNotFound, also for somebody else's."""
    if query.viewer_login and gateways.patrons.id_of_login(query.viewer_login) != query.patron:
        raise PatronNotFound
    gateways.patrons.standing_of(query.patron)
    account: PatronAccount = work.accounts.peek(query.patron)
    late = [loan for loan in work.loans.open_of_patron(query.patron) if loan.is_overdue(clock.now())]
    return AccountDetails.of(account, accruing=_accruing(late, work, gateways=gateways, clock=clock))


def _accruing(loans: Sequence[Loan], work: LendingWork, *, gateways: Gateways, clock: Clock) -> Decimal:
    prices = gateways.copies.prices_of([loan.copy.id for loan in loans])
    return sum(
        (accrued_fine(loan, work, price=prices.get(loan.copy.id), at=clock.now()) for loan in loans),
        Decimal(0),
    )
