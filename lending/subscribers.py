"""What lending does when the catalogue has changed, or a patron has been erased."""

from contextlib import suppress
from uuid import UUID

from lending.services.commands.allocate_copies import AllocateCopies
from lending.services.commands.erase_personal_data import ErasePersonalData
from lending.services.ports import UnknownBook
from outbox.envelope import ReceivedEvent
from shared_kernel.services.commands import dispatch


def forget_patron(event: ReceivedEvent) -> None:
    """`patrons.patron_erased.v1`: what people wrote about them in the account goes, too."""
    dispatch(ErasePersonalData(patron=event.subject))


def allocate_copies(event: ReceivedEvent) -> None:
    """A copy is new or its condition changed: see whom the free copies of its book go to."""
    with suppress(UnknownBook):  # removed meanwhile, and with it its copies
        dispatch(AllocateCopies(book=UUID(event.data["book_id"])))
