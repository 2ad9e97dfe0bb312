"""A patron may not borrow for now."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from patrons.services.commands.add_block import AddBlock, add_block
from patrons.services.patron_details import PatronDetails
from patrons.services.ports import PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendPatron(Command[PatronDetails]):
    """Keep a patron from borrowing until reinstated or, if given, up to and including the day `until`."""

    refusals = AddBlock.refusals

    patron: UUID
    reason: str
    until: date | None = None


def suspend_patron(command: SuspendPatron, work: PatronsWork, *, clock: Clock) -> PatronDetails:
    """A suspension is a block without end."""
    block = AddBlock(patron=command.patron, reason=command.reason, until=command.until)
    return add_block(block, work, clock=clock)
