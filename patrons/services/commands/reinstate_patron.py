"""A patron may borrow again."""

from dataclasses import dataclass
from uuid import UUID

from patrons.domain.patron import NotBlocked, PatronNotFound
from patrons.services.patron_details import PatronDetails
from patrons.services.ports import PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class ReinstatePatron(Command[PatronDetails]):
    """Lift every block of a patron."""

    refusals = (PatronNotFound, NotBlocked)

    patron: UUID


def reinstate_patron(command: ReinstatePatron, work: PatronsWork, *, clock: Clock) -> PatronDetails:
    """Give the patron their privileges back."""
    bind_audit_subjects(patron=command.patron)
    patron = work.patrons.get(command.patron, lock=True)
    patron.reinstate(at=clock.now())
    return PatronDetails.of(patron)
