"""Matches the free copies of a book with its holds."""

from dataclasses import dataclass
from uuid import UUID

from lending.services.gateways import Gateways
from lending.services.hold_shelf import allocate_free_copies
from lending.services.ports import LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocateCopies(Command[bool]):
    """Allocate the copies of a book to its holds again, after the catalogue has changed them."""

    book: UUID


def allocate_copies(command: AllocateCopies, work: LendingWork, *, gateways: Gateways, clock: Clock) -> bool:
    """Take back copies that can no longer be lent, then allocate the free ones; False if nothing changed.

    Raises UnknownBook.
    """
    bind_audit_subjects(book=command.book)
    queue = work.holds.of_book(command.book, title=gateways.copies.title_of(command.book))
    now = clock.now()
    lendable = {copy.id for copy in gateways.copies.of_book(command.book) if copy.lendable}
    for hold in list(queue.holds):
        if hold.copy_id and hold.copy_id not in lendable:
            queue.unallocate(hold.id, at=now)
    allocate_free_copies(queue, work, gateways=gateways, at=now)
    return queue.has_changed
