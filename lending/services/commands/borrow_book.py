"""Lends a copy to a patron."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import uuid4

from lending.domain.loan import LentCopy, Loan
from lending.domain.policies.borrowing import BORROWING_POLICIES, BorrowingFacts, can_be_overridden, refusals
from lending.domain.standing import CirculatingCopy
from lending.services.borrowing_context import borrowing_context
from lending.services.gateways import Gateways
from lending.services.hold_shelf import reassign_copy
from lending.services.loan_details import LoanDetails
from lending.services.ports import LendingWork, UnknownCopy, UnknownPatron
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import Refusal, Refused, refusals_of
from shared_kernel.domain.text import ReasonRequired, required_reason
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_overrides, bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowBook(Command[LoanDetails]):
    """Lend the copy with this barcode to the patron with this card.

    `override` names refusals that staff set aside, for the reason in `comment`. Who may do that is the
    entry point's to check.
    """

    refusals = (ReasonRequired, UnknownPatron, UnknownCopy, *refusals_of(*BORROWING_POLICIES))

    copy_barcode: str
    patron_card: str
    override: tuple[str, ...] = ()
    comment: str = ""


def borrow_book(command: BorrowBook, work: LendingWork, *, gateways: Gateways, clock: Clock) -> LoanDetails:
    """Lend it, or raise Refused with every reason why not. Locks patron, copy, the book's queue."""
    if command.override:
        required_reason(command.comment, pointer="/override/comment")
    patron = gateways.patrons.standing(card=command.patron_card, lock=True)
    bind_audit_subjects(patron=patron.id)
    copy = gateways.copies.by_barcode(command.copy_barcode, lock=True)
    bind_audit_subjects(copy=copy.id, book=copy.book_id)
    queue = work.holds.of_book(copy.book_id, title=copy.book_title)
    now = clock.now()
    context = borrowing_context(work, gateways=gateways, patron=patron, copy=copy, queue=queue, now=now)
    overridden = _overridden(refusals(context.facts), context.facts, override=command.override)
    bind_audit_overrides(overridden)
    terms = context.facts.terms
    assert terms  # noqa: S101  without terms there is a refusal that nobody can override
    loan = Loan.borrow(
        id=uuid4(),
        copy=_lent(copy),
        patron_id=patron.id,
        branch=copy.branch,
        at=now,
        due_at=context.calendar.due_at(
            after=now, from_day=context.facts.today, days=terms.loan_days, not_after=patron.expires_on
        ),
        terms=terms,
        category=patron.category,
        overridden=overridden,
    )
    bind_audit_subjects(loan=loan.id)
    work.loans.add(loan)
    if hold := queue.of_patron(patron.id):
        queue.fulfil(hold.id, loan_id=loan.id, at=now)
        if hold.copy_id not in {None, copy.id}:
            reassign_copy(queue, hold, work, gateways=gateways, at=now)
    return LoanDetails.of(loan, now=now)


def _overridden(
    reasons: Collection[Refusal], facts: BorrowingFacts, *, override: tuple[str, ...]
) -> tuple[str, ...]:
    set_aside = [it for it in reasons if it.code in override and can_be_overridden(it, facts)]
    in_the_way = [it for it in reasons if it not in set_aside]
    if in_the_way:
        raise Refused(*in_the_way)
    return tuple(it.code for it in set_aside)


def _lent(copy: CirculatingCopy) -> LentCopy:
    return LentCopy(
        id=copy.id,
        book_id=copy.book_id,
        barcode=copy.barcode,
        book_title=copy.book_title,
        item_type=copy.item_type,
    )
