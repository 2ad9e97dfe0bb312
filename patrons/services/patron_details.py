"""The results of the patrons context's commands and queries."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Self
from uuid import UUID

from patrons.domain.patron import Patron
from shared_kernel.services.bus import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockDetails(Result):
    """A manual block; `until` is its last day, null for a suspension."""

    id: UUID
    reason: str
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronSummary(Result):
    """A patron as lists show one. `expires_on` is the last day of the membership; null: it never ends.

    `declined_notices` are the kinds of letters that the patron does without; `privacy` is how long past loans
    are remembered as theirs: `default`, `forever` or `never`. `language` is the one of their letters; null:
    the library's.
    """

    id: UUID
    card_number: str
    name: str
    email: str
    category: str
    home_branch: str | None
    expires_on: date | None
    blocks: tuple[BlockDetails, ...]
    version: int
    declined_notices: tuple[str, ...] = ()
    privacy: str = "default"
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronDetails(PatronSummary):
    """One patron. `birth_date` is null where it is unknown."""

    birth_date: date | None = None

    @classmethod
    def of(cls, patron: Patron) -> Self:
        """The patron as they are now."""
        return cls(
            id=patron.id,
            card_number=str(patron.card_number),
            name=str(patron.name),
            email=str(patron.email),
            category=patron.category,
            home_branch=patron.home_branch,
            expires_on=patron.expires_on,
            blocks=tuple(
                BlockDetails(id=each.id, reason=each.reason, until=each.until) for each in patron.blocks
            ),
            version=patron.version,
            declined_notices=tuple(sorted(patron.declined_notices)),
            privacy=patron.privacy.value,
            language=patron.language,
            birth_date=patron.birth_date,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureResult(Result):
    """The id of an erased patron and when they were erased. Nothing else remains."""

    id: UUID
    erased_at: datetime
