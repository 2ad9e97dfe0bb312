"""What keeps a patron from being forgotten."""

from collections.abc import Sequence

from shared_kernel.domain.errors import Refusal
from shared_kernel.domain.money import Money


class HasOpenLoans(Refusal):
    code = "has_open_loans"
    message = "The patron has {count} open loans."


class HasActiveHolds(Refusal):
    code = "has_active_holds"
    message = "The patron has {count} active holds. Cancel them first."


class HasOpenCharges(Refusal):
    code = "has_open_charges"
    message = "The patron's account has an open balance of {balance}."


def refusals(*, loans: int, holds: int, balance: Money) -> Sequence[Refusal]:
    """A refusal for each kind of tie: so many loans and active holds, and what is owed or to be paid back."""
    ties = ((HasOpenLoans, loans), (HasActiveHolds, holds))
    reasons: list[Refusal] = [reason(count=count) for reason, count in ties if count]
    if balance.amount:
        reasons.append(HasOpenCharges(balance=f"{balance.amount} {balance.currency}"))
    return reasons
