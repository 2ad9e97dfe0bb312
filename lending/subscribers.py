"""What lending does when the catalogue has changed."""

from contextlib import suppress
from uuid import UUID

from lending.services.commands.change_hold import AllocateCopies
from lending.services.ports import UnknownBook
from outbox.envelope import ReceivedEvent
from shared_kernel.services.commands import dispatch


def allocate_copies(event: ReceivedEvent) -> None:
    """A copy is new or its condition changed: see whom the free copies of its book go to."""
    with suppress(UnknownBook):  # removed meanwhile, and with it its copies
        dispatch(AllocateCopies(book=UUID(event.data["book_id"])))
