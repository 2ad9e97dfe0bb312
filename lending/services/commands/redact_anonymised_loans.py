"""Redacts stored responses and events that still name the patron of an anonymised loan."""

from dataclasses import dataclass
from typing import ClassVar

from lending.services.ports import LendingWork, LoanAnonymiser
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactAnonymisedLoans(Command[bool]):
    """Redact idempotent responses and delivered events that show whose an anonymised loan was.

    `responses` and `events` are the ids of their rows.
    """

    audited: ClassVar[bool] = False  # it follows from the loans' own entries

    responses: tuple[int, ...] = ()
    events: tuple[int, ...] = ()


def redact_anonymised_loans(
    command: RedactAnonymisedLoans, _work: LendingWork, *, anonymiser: LoanAnonymiser
) -> bool:
    """Redact them, and answer whether anything changed."""
    redacted = anonymiser.redact_responses(command.responses) + anonymiser.redact_events(command.events)
    return redacted > 0
