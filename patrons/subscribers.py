"""Lending's events, in our words: what a patron is to be told of."""

from typing import Any
from uuid import UUID

from outbox.envelope import ReceivedEvent
from patrons.services.commands.owe_notice import OweNotice
from shared_kernel.services.commands import dispatch

_ABOUT_THE_LOAN = ("book_title", "barcode", "due_at", "was_overdue", "days_overdue")


def owe_loan_receipt(event: ReceivedEvent) -> None:
    """`lending.book_borrowed.v1`: the patron is told what is due when."""
    _owe("loan_receipt", event)


def owe_return_confirmation(event: ReceivedEvent) -> None:
    """`lending.book_returned.v1`: the patron is told that it has arrived."""
    _owe("return_confirmation", event)


def _owe(kind: str, event: ReceivedEvent) -> None:
    params: dict[str, Any] = {name: event.data[name] for name in _ABOUT_THE_LOAN if name in event.data}
    dispatch(OweNotice(event_id=event.id, kind=kind, patron=UUID(event.data["patron_id"]), params=params))
