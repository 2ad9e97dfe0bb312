"""May this patron borrow this copy?"""

from dataclasses import dataclass
from typing import Any

from lending.domain.policies.borrowing import refusals
from lending.services.borrowing_context import borrowing_context
from lending.services.gateways import Gateways
from lending.services.ports import LendingWork, UnknownCopy, UnknownPatron
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Query, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalDetails(Result):
    """One reason why the loan would be refused, by its stable code."""

    code: str
    detail: str
    params: dict[str, Any]  # each refusal has its own


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibilityResult(Result):
    """Whether the patron may borrow the copy now, and every reason why not."""

    eligible: bool
    refusals: list[RefusalDetails]


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility(Query[EligibilityResult]):
    """May this patron borrow this copy now?"""

    refusals = (UnknownPatron, UnknownCopy)

    patron_card: str
    copy_barcode: str


def eligibility(
    query: Eligibility, *, work: LendingWork, gateways: Gateways, clock: Clock
) -> EligibilityResult:
    """The result of the same policies that BorrowBook runs. Raises UnknownPatron and UnknownCopy."""
    patron = gateways.patrons.standing(card=query.patron_card)
    copy = gateways.copies.by_barcode(query.copy_barcode)
    queue = work.holds.peek(copy.book_id, title=copy.book_title)
    context = borrowing_context(
        work, gateways=gateways, patron=patron, copy=copy, queue=queue, now=clock.now()
    )
    reasons = [
        RefusalDetails(code=reason.code, detail=reason.detail, params=reason.params)
        for reason in refusals(context.facts)
    ]
    return EligibilityResult(eligible=not reasons, refusals=reasons)
