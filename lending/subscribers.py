"""Subscribers of lending to the events of catalog and patrons."""

from contextlib import suppress
from uuid import UUID

from lending.services.commands.allocate_copies import AllocateCopies
from lending.services.commands.erase_personal_data import ErasePersonalData
from lending.services.ports import UnknownBook
from outbox.envelope import ReceivedEvent
from shared_kernel.services.commands import dispatch


def erase_personal_data(event: ReceivedEvent) -> None:
    """`patrons.patron_erased.v1`: erase what staff wrote about the patron in the account."""
    dispatch(ErasePersonalData(patron=event.subject))


def allocate_copies(event: ReceivedEvent) -> None:
    """A copy was added or its condition changed: allocate the free copies of its book to holds."""
    with suppress(UnknownBook):  # the book was removed meanwhile, with its copies
        dispatch(AllocateCopies(book=UUID(event.data["book_id"])))
