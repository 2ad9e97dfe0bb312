"""Patrons and notices for tests, made by the commands that make them in life."""

from itertools import count
from typing import Any
from uuid import uuid4

from patrons.models import NoticeRow
from patrons.services.answers import PatronView
from patrons.services.commands.owe_notice import OweNotice
from patrons.services.commands.register_patron import RegisterPatron
from shared_kernel.services.commands import dispatch

_numbers = count(1)


def a_patron(**fields: Any) -> PatronView:
    """A registered patron; what isn't said is made up."""
    number = next(_numbers)
    made_up = {"name": f"Ada Lovelace {number}", "email": f"ada{number}@example.org"}
    return dispatch(RegisterPatron(**{**made_up, **fields}))


def owe(*, patron: PatronView | None = None, kind: str = "loan_receipt", **params: Any) -> NoticeRow:
    """A queued notice for a patron, of whom there is one if none is given."""
    reader = patron or a_patron()
    event_id = uuid4()
    told = {"book_title": "Notes on the Engine", "barcode": "B-1", "due_at": "2024-01-29T23:59:59Z", **params}
    dispatch(OweNotice(event_id=event_id, kind=kind, patron=reader.id, params=told))
    return NoticeRow.objects.get(event_id=event_id)
