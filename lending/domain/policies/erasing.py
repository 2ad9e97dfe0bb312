"""What keeps a patron from being forgotten."""

from collections.abc import Sequence

from shared_kernel.domain.errors import Refusal
from shared_kernel.domain.money import Money


class HasOpenLoans(Refusal):
    """The patron has something on loan ({count})."""

    code = "has_open_loans"


class HasActiveHolds(Refusal):
    """The patron waits for something ({count}); cancel the holds first."""

    code = "has_active_holds"


class HasOpenCharges(Refusal):
    """The account is not settled: {balance} is open."""

    code = "has_open_charges"


def reasons_to_keep(*, loans: int, holds: int, balance: Money) -> Sequence[Refusal]:
    """A refusal for each kind of tie: so many loans and active holds, and what is owed or to be paid back."""
    ties = ((HasOpenLoans, loans), (HasActiveHolds, holds))
    reasons: list[Refusal] = [reason(count=count) for reason, count in ties if count]
    if balance.amount:
        reasons.append(HasOpenCharges(balance=f"{balance.amount} {balance.currency}"))
    return reasons
