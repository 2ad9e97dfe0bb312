"""Renews a loan."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.loan import LoanIsAnonymous, LoanNotFound
from lending.domain.policies.renewing import RENEWAL_POLICIES, RenewalFacts, refusals
from lending.services.charges import charge_overdue_fine
from lending.services.gateways import Gateways
from lending.services.loan_details import LoanDetails
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
    facts = RenewalFacts(
        now=clock.now(),
        loan=loan,
        patron=patron,
        calendar=work.calendars.of(loan.branch),
        waited_for=queue.first_for(loan.copy.id) is not None,
    )
    if reasons := refusals(facts):
        raise Refused(*reasons)
    if loan.is_overdue(facts.now):
        price = gateways.copies.prices_of([loan.copy.id]).get(loan.copy.id)
        charge_overdue_fine(loan, work, price=price, at=facts.now)
    loan.renew(due_at=facts.new_due_at, at=facts.now)
    return LoanDetails.of(loan, now=facts.now)
