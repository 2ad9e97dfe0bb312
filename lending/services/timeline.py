"""The entries of a timeline, and the port for the notices among them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db.models import QuerySet

from shared_kernel.services.bus import Result

NoticeRows = QuerySet[Any, Any]  # another context's rows of `.values()`


class NoticeHistory(Protocol):
    """Notices and their deliveries: patrons, through the anti-corruption layer."""

    def owed(self, *, patron: UUID | None = None, about: Iterable[UUID] = ()) -> NoticeRows:
        """Each letter to a patron, or about loans and holds: `id, at, kind, patron_id, about_id`."""
        ...

    def ended(self, *, patron: UUID | None = None, about: Iterable[UUID] = ()) -> NoticeRows:
        """Each that was sent, or won't be: the same, with `state` and `failure`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry(Result):
    """Something that happened. `kind` is `action`, `override`, `refusal`, `denial`, `letter` or `delivery`.

    `what` is the command's name or the letter's kind, `outcome` how it ended, `codes` are those of the
    refusals, or of the refusals that were overridden for the reason in `comment`. `principal` is an account's
    id. Ids alone are told, and none of a patron who is not to be known any more.
    """

    at: datetime
    kind: str
    what: str
    outcome: str
    codes: list[str]
    comment: str
    principal: str | None
    door: str | None
    copy: UUID | None
    book: UUID | None
    loan: UUID | None
    hold: UUID | None
    patron: UUID | None
