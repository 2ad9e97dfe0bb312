"""Reorders the queue of a book."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.hold_queue import QueueOrderInvalid
from lending.services.gateways import Gateways
from lending.services.hold_details import HoldDetails
from lending.services.ports import BookNotFound, LendingWork, UnknownBook
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveHolds(Command[list[HoldDetails]]):
    """Put the holds of a book in another order.

    `order` lists every active hold once, those with a copy first, in their present order.
    """

    refusals = (BookNotFound, QueueOrderInvalid)

    book: UUID
    order: tuple[UUID, ...]


def move_holds(
    command: MoveHolds, work: LendingWork, *, gateways: Gateways, clock: Clock
) -> list[HoldDetails]:
    """Reorder the queue. Raises BookNotFound and QueueOrderInvalid."""
    bind_audit_subjects(book=command.book)
    try:
        title = gateways.copies.title_of(command.book)
    except UnknownBook:
        raise BookNotFound from None
    queue = work.holds.of_book(command.book, title=title)
    queue.move(command.order, at=clock.now())
    return [HoldDetails.in_queue(queue, hold) for hold in queue.holds]
