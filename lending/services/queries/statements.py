"""A statement of a patron's account."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from lending.models import LoanRow
from lending.services.account_details import AccountDetails
from lending.services.gateways import Gateways
from lending.services.ports import LendingWork, PatronNotFound
from lending.services.queries.accounts import GetAccount, get_account
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.money import Money
from shared_kernel.services.bus import Query, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine(Result):
    """A line of the ledger with the title that it is about, if any, and the balance after it.

    One of `charge` and `credit` is given, and neither is negative.
    """

    at: datetime
    kind: str
    title: str
    reason: str
    charge: Money | None
    credit: Money | None
    balance: Money
    loan: UUID | None
    entry: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementDetails(Result):
    """A patron's account on paper, as it is at an instant."""

    patron: UUID
    card: str
    name: str
    at: datetime
    balance: Money
    accruing: Money
    lines: Sequence[StatementLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Query[StatementDetails]):
    """The statement of a patron's account; without `patron`, of the viewer's own.

    `viewer_login` bounds the answer to that login's own; None sees everybody's.
    """

    refusals = (PatronNotFound,)

    patron: UUID | None = None
    viewer_login: int | None = None


def statement(query: Statement, *, work: LendingWork, gateways: Gateways, clock: Clock) -> StatementDetails:
    """The statement. Raises PatronNotFound, also for somebody else's and for a login that is no patron's."""
    patron = query.patron or gateways.patrons.id_of_login(query.viewer_login or 0)
    if patron is None:
        raise PatronNotFound
    asked = GetAccount(patron=patron, viewer_login=query.viewer_login)
    account = get_account(asked, work=work, gateways=gateways, clock=clock)
    loans = {entry.loan for entry in account.entries if entry.loan}
    titles = dict(LoanRow.objects.filter(id__in=loans).order_by().values_list("id", "title"))
    return StatementDetails(
        patron=patron,
        card=gateways.patrons.standing_of(patron).card,
        name=gateways.patrons.names_of([patron]).get(patron, ""),
        at=clock.now(),
        balance=account.balance,
        accruing=account.accruing,
        lines=list(_lines(account, titles)),
    )


def _lines(account: AccountDetails, titles: Mapping[UUID, str]) -> Iterator[StatementLine]:
    balance = Money(Decimal(0), account.balance.currency)
    for entry in account.entries:
        amount, currency = entry.amount.amount, entry.amount.currency
        balance = Money(balance.amount + amount, currency)
        yield StatementLine(
            at=entry.at,
            kind=entry.kind,
            title=titles.get(entry.loan, "") if entry.loan else "",
            reason=entry.reason,
            charge=Money(amount, currency) if amount > 0 else None,
            credit=None if amount > 0 else Money(-amount, currency),
            balance=balance,
            loan=entry.loan,
            entry=entry.id,
        )
