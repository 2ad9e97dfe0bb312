"""What happens to patrons: ids and facts, never who somebody is."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from shared_kernel.domain.events import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronRegistered(DomainEvent):
    """Somebody became a patron. `expires_on` is the membership's last day."""

    type: ClassVar[str] = "patrons.patron_registered.v1"

    category: str
    home_branch: str | None
    expires_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronContactChanged(DomainEvent):
    """A patron is called, reached or remembered otherwise than before; `changed` says which, not how."""

    type: ClassVar[str] = "patrons.patron_contact_changed.v1"

    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronCategoryChanged(DomainEvent):
    """A patron is in another category."""

    type: ClassVar[str] = "patrons.patron_category_changed.v1"

    category: str


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
class PatronUnblocked(DomainEvent):
    """One manual block of a patron was lifted, be it a suspension or one with an end."""

    type: ClassVar[str] = "patrons.patron_unblocked.v1"

    block_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronReinstated(DomainEvent):
    """All manual blocks of a patron were lifted."""

    type: ClassVar[str] = "patrons.patron_reinstated.v1"

    block_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipRenewed(DomainEvent):
    """A membership has another last day than before."""

    type: ClassVar[str] = "patrons.membership_renewed.v1"

    expires_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipExpiring(DomainEvent):
    """A membership ends soon; told once for each last day."""

    type: ClassVar[str] = "patrons.membership_expiring.v1"

    expires_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PatronErased(DomainEvent):
    """Nobody knows any more who this patron was. Their id stays, as that of somebody."""

    type: ClassVar[str] = "patrons.patron_erased.v1"
