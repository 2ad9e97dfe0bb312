"""What the catalogue does when it hears of other contexts."""

from datetime import UTC
from uuid import UUID

from catalog.services.commands.count_borrowing import CountBorrowing
from outbox.envelope import ReceivedEvent
from shared_kernel.services.commands import dispatch


def count_borrowing(event: ReceivedEvent) -> None:
    """lending.book_borrowed.v1: its time is the borrowing's. The inbox sees to it that each counts once."""
    month = event.time.astimezone(UTC).date().replace(day=1)
    dispatch(CountBorrowing(book=UUID(event.data["book_id"]), month=month))
