"""Patrons and notices for tests, made by the commands that make them in life."""

from typing import Any
from uuid import uuid4

import factory

from patrons.models import NoticeRow
from patrons.services.commands.queue_notice import QueueNotice
from patrons.services.commands.register_patron import RegisterPatron
from patrons.services.patron_details import PatronDetails
from shared_kernel.services.commands import dispatch


class Registration(factory.Factory):  # type: ignore[misc]  # the library is half typed, and skipped
    """The command that registers somebody; what isn't said is made up."""

    class Meta:
        model = RegisterPatron

    name = factory.Sequence(lambda number: f"Ada Lovelace {number + 1}")
    email = factory.Sequence(lambda number: f"ada{number + 1}@example.org")


class Owing(factory.Factory):  # type: ignore[misc]  # likewise
    """The command that owes a notice of a loan."""

    class Meta:
        model = QueueNotice

    event_id = factory.LazyFunction(uuid4)
    kind = "loan_receipt"
    patron = factory.LazyFunction(lambda: a_patron().id)
    params = factory.Dict(
        {"book_title": "Notes on the Engine", "barcode": "B-1", "due_at": "2024-01-29T23:59:59Z"}
    )


def a_patron(**fields: Any) -> PatronDetails:
    """A registered patron; what isn't said is made up."""
    command: RegisterPatron = Registration(**fields)
    return dispatch(command)


def owe(*, patron: PatronDetails | None = None, kind: str = "loan_receipt", **params: Any) -> NoticeRow:
    """A queued notice for a patron, of whom there is one if none is given."""
    reader = {"patron": patron.id} if patron else {}
    command: QueueNotice = Owing(
        kind=kind, **reader, **{f"params__{name}": value for name, value in params.items()}
    )
    dispatch(command)
    return NoticeRow.objects.get(event_id=command.event_id)
