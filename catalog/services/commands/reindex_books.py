"""What finds Books is made anew from what they say: because words are folded otherwise, or as a repair."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from catalog.services.ports import CatalogWork
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class ReindexBooks(Command[UUID | None]):
    """Index Books anew, so many of those behind an id; the answer is the last one's, None behind the last."""

    audited: ClassVar[bool] = False

    after: UUID | None = None
    at_most: int = 500


def reindex_books(command: ReindexBooks, work: CatalogWork) -> UUID | None:
    """Write what follows from the Books alone: no Book changes by it.

    No word is forgotten, since Books are found by words while this goes on.
    """
    return work.search_index.rebuild(after=command.after, at_most=command.at_most)
