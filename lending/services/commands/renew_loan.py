"""Renews a loan."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lending.domain.hold_queue import HoldQueue
from lending.domain.loan import Loan, LoanIsAnonymous, LoanNotFound
from lending.domain.policies.renewing import RENEWAL_POLICIES, RenewalFacts, refusals
from lending.services.charges import charge_overdue_fine
from lending.services.gateways import Gateways
from lending.services.loan_details import LoanDetails
from lending.services.passing_over import is_held_for_another
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import Refused, refusals_of
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewLoan(Command[LoanDetails]):
    """Renew a loan. `viewer_login` limits it to that login's own loans; None may renew any."""

    refusals = (LoanNotFound, LoanIsAnonymous, *refusals_of(*RENEWAL_POLICIES))

    loan: UUID
    viewer_login: int | None = None


def renew_loan(command: RenewLoan, work: LendingWork, *, gateways: Gateways, clock: Clock) -> LoanDetails:
    """Renew it, or raise Refused with every reason why not. Raises LoanNotFound, also for somebody else's."""
    bind_audit_subjects(loan=command.loan)
    patron_id = work.loans.get(command.loan).patron_id
    if command.viewer_login and gateways.patrons.id_of_login(command.viewer_login) != patron_id:
        raise LoanNotFound(id=str(command.loan))
    patron = gateways.patrons.standing_of(patron_id, lock=True)
    loan = work.loans.get(command.loan)
    queue = work.holds.of_book(loan.copy.book_id, title=loan.copy.book_title)
    loan = work.loans.get(command.loan, lock=True)
    bind_audit_subjects(patron=patron.id, copy=loan.copy.id, book=loan.copy.book_id)
    now = clock.now()
    facts = RenewalFacts(
        now=now,
        loan=loan,
        patron=patron,
        calendar=work.calendars.of(loan.branch),
        waited_for=_is_waited_for(loan, queue, work, gateways=gateways, at=now),
    )
    if reasons := refusals(facts):
        raise Refused(*reasons)
    if loan.is_overdue(facts.now):
        price = gateways.copies.prices_of([loan.copy.id]).get(loan.copy.id)
        charge_overdue_fine(loan, work, price=price, at=facts.now)
    loan.renew(due_at=facts.new_due_at, at=facts.now)
    return LoanDetails.of(loan, now=facts.now)


def _is_waited_for(
    loan: Loan, queue: HoldQueue, work: LendingWork, *, gateways: Gateways, at: datetime
) -> bool:
    if queue.first_for(loan.copy.id) is None:
        return False
    copy = next((it for it in gateways.copies.of_book(queue.book_id) if it.id == loan.copy.id), None)
    return copy is not None and is_held_for_another(
        queue, copy, work, patron_id=loan.patron_id, gateways=gateways, at=at
    )
