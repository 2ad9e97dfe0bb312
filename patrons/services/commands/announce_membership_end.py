"""A membership ends soon."""

from dataclasses import dataclass
from uuid import UUID

from patrons.services.ports import CirculationFacts, PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceMembershipEnd(Command[bool]):
    """Announce once that a membership ends within two weeks; the result says whether that was done now."""

    patron: UUID


def announce_membership_end(
    command: AnnounceMembershipEnd, work: PatronsWork, *, clock: Clock, circulation: CirculationFacts
) -> bool:
    """Announce it if there is something to announce."""
    bind_audit_subjects(patron=command.patron)
    now = clock.now()
    patron = work.patrons.get(command.patron, lock=True)
    return patron.announce_end(today=circulation.day_of(now, branch=patron.home_branch), at=now)
