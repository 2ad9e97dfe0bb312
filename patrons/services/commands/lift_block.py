"""One of the reasons why a patron may not borrow is settled."""

from dataclasses import dataclass
from uuid import UUID

from patrons.domain.patron import BlockNotFound, PatronNotFound
from patrons.services.patron_details import PatronDetails
from patrons.services.ports import PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftBlock(Command[PatronDetails]):
    """Lift the block with this id."""

    refusals = (PatronNotFound, BlockNotFound)

    patron: UUID
    block: UUID


def lift_block(command: LiftBlock, work: PatronsWork, *, clock: Clock) -> PatronDetails:
    """Lift it, and leave any other. Raises BlockNotFound."""
    bind_audit_subjects(patron=command.patron, block=command.block)
    patron = work.patrons.get(command.patron, lock=True)
    patron.lift(command.block, at=clock.now())
    return PatronDetails.of(patron)
