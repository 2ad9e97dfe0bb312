"""Subscribers of lending to the events of catalog and patrons."""

from contextlib import suppress
from uuid import UUID

from lending.services.commands.allocate_copies import AllocateCopies
from lending.services.commands.erase_personal_data import ErasePersonalData
from lending.services.ports import UnknownBook
from lending.services.queries.waiting_books import WaitingBooks
from outbox.envelope import ReceivedEvent
from shared_kernel.services.commands import dispatch
from shared_kernel.services.queries import ask


def erase_personal_data(event: ReceivedEvent) -> None:
    """`patrons.patron_erased.v1`: erase what staff wrote about the patron in the account."""
    dispatch(ErasePersonalData(patron=event.subject))


def allocate_to_patron(event: ReceivedEvent) -> None:
    """Something changed that may let a patron have what they were passed over for: allocate it now."""
    for book in ask(WaitingBooks(patron=event.subject)):
        with suppress(UnknownBook):  # see below
            dispatch(AllocateCopies(book=book))


def allocate_copies(event: ReceivedEvent) -> None:
    """A copy was added or its condition changed: allocate the free copies of its book to holds."""
    with suppress(UnknownBook):  # the book was removed meanwhile, with its copies
        dispatch(AllocateCopies(book=UUID(event.data["book_id"])))
