"""Whether a patron may be erased."""

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
    """Every reason why the patron can't be erased: open loans, active holds, an unsettled account."""
    ties = ((HasOpenLoans, loans), (HasActiveHolds, holds))
    reasons: list[Refusal] = [reason(count=count) for reason, count in ties if count]
    if balance.amount:
        reasons.append(HasOpenCharges(balance=f"{balance.amount} {balance.currency}"))
    return reasons
