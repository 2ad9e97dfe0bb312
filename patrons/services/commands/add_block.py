"""Somebody at the library decides that a patron may not borrow for now."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from patrons.domain.block import Block
from patrons.domain.patron import AlreadySuspended, PatronNotFound
from patrons.services.patron_details import PatronDetails
from patrons.services.ports import PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.text import ReasonRequired
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class AddBlock(Command[PatronDetails]):
    """Block a patron up to and including the day `until`; without one it is a suspension."""

    refusals = (PatronNotFound, ReasonRequired, AlreadySuspended)

    patron: UUID
    reason: str
    until: date | None = None


def add_block(command: AddBlock, work: PatronsWork, *, clock: Clock) -> PatronDetails:
    """Block the patron. The lock is the one that borrowing takes: nothing is borrowed after this commits."""
    bind_audit_subjects(patron=command.patron)
    block = Block.because(command.reason, id=uuid4(), until=command.until)
    patron = work.patrons.get(command.patron, lock=True)
    patron.block(block, at=clock.now())
    return PatronDetails.of(patron)
