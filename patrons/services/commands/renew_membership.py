"""Somebody stays a patron."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from patrons.domain.patron import MembershipNeverEnds, PatronNotFound
from patrons.services.patron_details import PatronDetails
from patrons.services.ports import CirculationFacts, PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewMembership(Command[PatronDetails]):
    """Let a membership end on `expires_on`; without it, a year on from its end or, if that is past, today.

    Days are those of the patron's home branch, else of the site.
    """

    refusals = (PatronNotFound, MembershipNeverEnds)

    patron: UUID
    expires_on: date | None = None


def renew_membership(
    command: RenewMembership, work: PatronsWork, *, clock: Clock, circulation: CirculationFacts
) -> PatronDetails:
    """Renew it. Raises MembershipNeverEnds."""
    bind_audit_subjects(patron=command.patron)
    now = clock.now()
    patron = work.patrons.get(command.patron, lock=True)
    today = circulation.day_of(now, branch=patron.home_branch)
    patron.renew_membership(until=command.expires_on, today=today, at=now)
    return PatronDetails.of(patron)
