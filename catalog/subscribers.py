"""How the catalogue reacts to events of other contexts."""

from datetime import UTC
from uuid import UUID

from catalog.services.commands.change_copy_condition import MarkCopyMissing
from catalog.services.commands.count_borrowing import CountBorrowing
from outbox.envelope import ReceivedEvent
from shared_kernel.services.commands import dispatch


def count_borrowing(event: ReceivedEvent) -> None:
    """lending.book_borrowed.v1: its time is the borrowing's. The inbox sees to it that each counts once."""
    month = event.time.astimezone(UTC).date().replace(day=1)
    dispatch(CountBorrowing(book=UUID(event.data["book_id"]), month=month))


def mark_copy_missing(event: ReceivedEvent) -> None:
    """lending.hold_copy_not_found.v1: staff looked for a copy on its shelf, and it is not there."""
    dispatch(MarkCopyMissing(copy=UUID(event.data["copy_id"])))
