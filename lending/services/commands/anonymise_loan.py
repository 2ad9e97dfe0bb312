"""Anonymises a returned loan."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from lending.domain.policies.anonymising import AnonymisationFacts, retention_reason
from lending.services.ports import LendingWork, LoanAnonymiser, PrivacyChoices
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymiseLoan(Command[bool]):
    """Remove the patron from a loan, unless the loan has to be kept or the patron wants it kept."""

    loan: UUID


def anonymise_loan(
    command: AnonymiseLoan,
    work: LendingWork,
    *,
    choices: PrivacyChoices,
    anonymiser: LoanAnonymiser,
    clock: Clock,
    retention_period: Callable[[], timedelta],
) -> bool:
    """Anonymise it, and answer whether anything changed. Raises LoanNotFound."""
    bind_audit_subjects(loan=command.loan)
    loan = work.loans.get(command.loan, lock=True)
    bind_audit_subjects(copy=loan.copy.id, book=loan.copy.book_id)
    if loan.is_anonymous:
        return False
    patron, now = loan.patron_id, clock.now()
    facts = AnonymisationFacts(
        now=now,
        loan=loan,
        choice=choices.of(patron),
        retention_period=retention_period(),
        # Nothing more is charged for a returned loan, so the account needs no lock.
        owed=work.accounts.peek(patron).outstanding_for(loan.id) > 0,
    )
    if retention_reason(facts):
        return False
    holds = anonymiser.detach_patron(loan=loan.id, patron=patron, book=loan.copy.book_id)
    loan.anonymise(hold_ids=tuple(holds), at=now)
    return True
