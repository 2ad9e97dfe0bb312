"""The aggregate Patron: a person with privileges."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Self
from uuid import UUID

from patrons.domain.block import Block
from patrons.domain.card_number import CardNumber
from patrons.domain.email_address import EmailAddress
from patrons.domain.person_name import PersonName
from shared_kernel.domain.aggregates import Aggregate
from shared_kernel.domain.errors import InvalidValue, NotFound, Refusal
from shared_kernel.domain.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronRegistered(DomainEvent):
    """Somebody became a patron. `expires_on` is the membership's last day."""

    type: ClassVar[str] = "patrons.patron_registered.v1"

    category: str
    home_branch: str | None
    expires_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronSuspended(DomainEvent):
    """A patron may not borrow until reinstated."""

    type: ClassVar[str] = "patrons.patron_suspended.v1"

    block_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronBlocked(DomainEvent):
    """A patron may not borrow up to and including the day `until`."""

    type: ClassVar[str] = "patrons.patron_blocked.v1"

    block_id: UUID
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronReinstated(DomainEvent):
    """All manual blocks of a patron were lifted."""

    type: ClassVar[str] = "patrons.patron_reinstated.v1"

    block_ids: tuple[UUID, ...]


class PatronNotFound(NotFound):
    """No such patron is known."""


class DuplicateEmail(Refusal):
    """Another patron has this email address."""

    code = "duplicate_email"
    pointer = "/email"


class DuplicateCardNumber(Refusal):
    """Another patron has this card number."""

    code = "duplicate_card_number"
    pointer = "/card_number"


class UnknownCategory(InvalidValue):
    """There is no patron category “{category}”."""

    code = "unknown_category"
    pointer = "/category"


class UnknownBranch(InvalidValue):
    """There is no branch with the code “{branch}”."""

    code = "unknown_branch"
    pointer = "/home_branch"


class AlreadySuspended(Refusal):
    """The patron is suspended already."""

    code = "already_suspended"


class NotBlocked(Refusal):
    """The patron has no block that could be lifted."""

    code = "not_blocked"


class Patron(Aggregate):
    """A person with privileges: who they are, how long, and what keeps them from borrowing.

    `category` is a category's code, `home_branch` the code of one of lending's branches, and `expires_on`
    the last day of the membership (None: it never ends).
    """

    def __init__(
        self,
        *,
        id: UUID,
        version: int = 0,
        card_number: CardNumber,
        name: PersonName,
        email: EmailAddress,
        category: str,
        home_branch: str | None,
        expires_on: date | None,
        blocks: Iterable[Block] = (),
    ) -> None:
        super().__init__(id=id, version=version)
        self.card_number = card_number
        self.name = name
        self.email = email
        self.category = category
        self.home_branch = home_branch
        self.expires_on = expires_on
        self.blocks = tuple(blocks)

    @classmethod
    def register(
        cls,
        *,
        id: UUID,
        card_number: CardNumber,
        name: PersonName,
        email: EmailAddress,
        category: str,
        home_branch: str | None,
        expires_on: date | None,
        at: datetime,
    ) -> Self:
        """A new patron, without any block."""
        patron = cls(
            id=id,
            card_number=card_number,
            name=name,
            email=email,
            category=category,
            home_branch=home_branch,
            expires_on=expires_on,
        )
        patron._record(
            PatronRegistered(
                aggregate_id=id,
                occurred_at=at,
                category=category,
                home_branch=home_branch,
                expires_on=expires_on,
            )
        )
        return patron

    def block(self, block: Block, *, at: datetime) -> None:
        """Keep the patron from borrowing. Raises AlreadySuspended for a second block without end."""
        if block.until is not None:
            event: DomainEvent = PatronBlocked(
                aggregate_id=self.id, occurred_at=at, block_id=block.id, until=block.until
            )
        elif any(each.is_suspension for each in self.blocks):
            raise AlreadySuspended
        else:
            event = PatronSuspended(aggregate_id=self.id, occurred_at=at, block_id=block.id)
        self.blocks = (*self.blocks, block)
        self._record(event)

    def reinstate(self, *, at: datetime) -> None:
        """Lift every block. Raises NotBlocked where there is none."""
        if not self.blocks:
            raise NotBlocked
        lifted = tuple(block.id for block in self.blocks)
        self.blocks = ()
        self._record(PatronReinstated(aggregate_id=self.id, occurred_at=at, block_ids=lifted))
