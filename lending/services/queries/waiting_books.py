"""For which books does a patron wait?"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from lending.models import HoldRow
from shared_kernel.services.bus import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingBooks(Query[Sequence[UUID]]):
    """The books on which the patron has a waiting hold, in the order in which they are locked."""

    patron: UUID


def waiting_books(query: WaitingBooks) -> Sequence[UUID]:
    """Their ids, ascending."""
    waiting = HoldRow.objects.filter(patron_id=query.patron, state=HoldRow.State.WAITING)
    return sorted(waiting.values_list("book_id", flat=True))
