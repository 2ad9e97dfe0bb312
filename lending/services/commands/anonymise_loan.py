"""It is forgotten whose an ended loan was."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from lending.domain.policies.anonymising import AnonymisingFacts, kept_because
from lending.services.ports import LendingWork, LoanTies, PrivacyChoices
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymiseLoan(Command[bool]):
    """Forget whose a loan was, unless it has to be or is to be remembered."""

    loan: UUID


def anonymise_loan(
    command: AnonymiseLoan,
    work: LendingWork,
    *,
    choices: PrivacyChoices,
    ties: LoanTies,
    clock: Clock,
    kept_for: Callable[[], timedelta],
) -> bool:
    """Forget it, and tell whether there was anything to forget."""
    bind_audit_subjects(loan=command.loan)
    loan = work.loans.get(command.loan, lock=True)
    bind_audit_subjects(copy=loan.copy.id, book=loan.copy.book_id)
    if loan.is_anonymous:
        return False
    patron, now = loan.patron_id, clock.now()
    facts = AnonymisingFacts(
        now=now,
        loan=loan,
        choice=choices.of(patron),
        kept_for=kept_for(),
        # Nothing more is charged for a loan that has ended, so nobody needs to be kept from it.
        owed=work.accounts.peek(patron).owed_for(loan.id) > 0,
    )
    if kept_because(facts):
        return False
    holds = ties.cut(loan=loan.id, patron=patron, book=loan.copy.book_id)
    loan.anonymise(hold_ids=tuple(holds), at=now)
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetTraces(Command[bool]):
    """Forget what kept answers and delivered events tell of loans that are nobody's any more.

    `answers` and `events` are the rows that tell it.
    """

    audited: ClassVar[bool] = False  # it follows from the loans' own entries

    answers: tuple[int, ...] = ()
    events: tuple[int, ...] = ()


def forget_traces(command: ForgetTraces, _work: LendingWork, *, ties: LoanTies) -> bool:
    """Forget them, and tell whether there was anything to forget."""
    forgotten = ties.forget_answers(command.answers) + ties.forget_events(command.events)
    return forgotten > 0
