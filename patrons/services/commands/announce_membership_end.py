"""A membership ends soon."""

from dataclasses import dataclass
from uuid import UUID

from patrons.services.ports import PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceMembershipEnd(Command[bool]):
    """Announce once that a membership ends within two weeks; the result says whether that was done now."""

    patron: UUID


def announce_membership_end(command: AnnounceMembershipEnd, work: PatronsWork, *, clock: Clock) -> bool:
    """Announce it if there is something to announce."""
    bind_audit_subjects(patron=command.patron)
    now = clock.now()
    return work.patrons.get(command.patron, lock=True).announce_end(today=now.date(), at=now)
