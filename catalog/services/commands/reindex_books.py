"""Rebuild the search index: after a change of how words are folded, or as a repair."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from catalog.services.ports import CatalogWork
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class ReindexBooks(Command[UUID | None]):
    """Index a batch of Books again, by id, after `after`; the result is the last id, None at the end."""

    audited: ClassVar[bool] = False

    after: UUID | None = None
    at_most: int = 500


def reindex_books(command: ReindexBooks, work: CatalogWork) -> UUID | None:
    """Rebuild what is derived from the Books; the Books themselves don't change.

    Words stay in the vocabulary, since people search while this runs.
    """
    return work.search_index.rebuild(after=command.after, at_most=command.at_most)
