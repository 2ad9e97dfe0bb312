"""Somebody stays a patron."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from patrons.domain.patron import MembershipNeverEnds, PatronNotFound
from patrons.services.patron_details import PatronDetails
from patrons.services.ports import PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewMembership(Command[PatronDetails]):
    """Let a membership end on `expires_on`; without it, a year on from its end or, if that is past, today.

    Days are those of UTC: a patron is of no branch in particular.
    """

    refusals = (PatronNotFound, MembershipNeverEnds)

    patron: UUID
    expires_on: date | None = None


def renew_membership(command: RenewMembership, work: PatronsWork, *, clock: Clock) -> PatronDetails:
    """Renew it. Raises MembershipNeverEnds."""
    bind_audit_subjects(patron=command.patron)
    now = clock.now()
    patron = work.patrons.get(command.patron, lock=True)
    patron.renew_membership(until=command.expires_on, today=now.date(), at=now)
    return PatronDetails.of(patron)
