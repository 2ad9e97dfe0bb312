"""The aggregate Patron."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Self
from uuid import UUID

from patrons.domain import patron_events as events
from patrons.domain.block import Block
from patrons.domain.card_number import CardNumber
from patrons.domain.email_address import EmailAddress
from patrons.domain.membership import ANNOUNCED_BEFORE, one_year_on
from patrons.domain.person_name import PersonName
from patrons.domain.privacy import Privacy
from shared_kernel.domain.aggregates import Aggregate
from shared_kernel.domain.errors import InvalidValue, NotFound, Refusal
from shared_kernel.domain.events import DomainEvent


class PatronNotFound(NotFound):
    message = "No patron has this id."


class DuplicateEmail(Refusal):
    code = "duplicate_email"
    message = "Another patron has this email address."
    pointer = "/email"


class DuplicateCardNumber(Refusal):
    code = "duplicate_card_number"
    message = "Another patron has this card number."
    pointer = "/card_number"


class UnknownCategory(InvalidValue):
    code = "unknown_category"
    message = "There is no patron category “{category}”."
    pointer = "/category"


class UnknownBranch(InvalidValue):
    code = "unknown_branch"
    message = "There is no branch with the code “{branch}”."
    pointer = "/home_branch"


class AlreadySuspended(Refusal):
    code = "already_suspended"
    message = "The patron is already suspended."


class NotBlocked(Refusal):
    code = "not_blocked"
    message = "The patron has no block to lift."


class BlockNotFound(NotFound):
    message = "The patron has no such block."


class MembershipNeverEnds(Refusal):
    code = "membership_never_ends"
    message = "The membership has no end date to extend. Give its last day."
    pointer = "/expires_on"


class Patron(Aggregate):
    """A library patron: contact, membership, blocks and preferences.

    `category` is a category's code, `home_branch` the code of one of lending's branches, and `expires_on`
    the last day of the membership (None: it never ends), of which `end_announced` was told in advance.
    `declined_notices` are the kinds of notices that the patron does without, `privacy` is how long past loans
    are remembered as theirs, and `language` is the one of their letters (None: the library's).
    `birth_date` is None where it is unknown.
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
        declined_notices: frozenset[str] = frozenset(),
        privacy: Privacy = Privacy.DEFAULT,
        language: str | None = None,
        birth_date: date | None = None,
        end_announced: date | None = None,
    ) -> None:
        super().__init__(id=id, version=version)
        self.card_number = card_number
        self.name = name
        self.email = email
        self.category = category
        self.home_branch = home_branch
        self.expires_on = expires_on
        self.blocks = tuple(blocks)
        self.declined_notices = declined_notices
        self.privacy = privacy
        self.language = language
        self.birth_date = birth_date
        self.end_announced = end_announced

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
        language: str | None = None,
        birth_date: date | None = None,
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
            language=language,
            birth_date=birth_date,
        )
        patron._record(
            events.PatronRegistered(
                aggregate_id=id,
                occurred_at=at,
                category=category,
                home_branch=home_branch,
                expires_on=expires_on,
            )
        )
        return patron

    def update_contact(
        self,
        *,
        name: PersonName,
        email: EmailAddress,
        home_branch: str | None,
        declined_notices: frozenset[str],
        privacy: Privacy,
        language: str | None,
        birth_date: date | None,
        at: datetime,
    ) -> None:
        """Change name, contact and preferences. Without a difference no event is recorded."""
        known = {
            "name": (self.name, name),
            "email": (self.email, email),
            "home_branch": (self.home_branch, home_branch),
            "declined_notices": (self.declined_notices, declined_notices),
            "privacy": (self.privacy, privacy),
            "language": (self.language, language),
            "birth_date": (self.birth_date, birth_date),
        }
        changed = tuple(what for what, (before, now) in known.items() if before != now)
        self.name, self.email = name, email
        self.home_branch, self.declined_notices = home_branch, declined_notices
        self.privacy, self.language, self.birth_date = privacy, language, birth_date
        if changed:
            self._record(events.PatronContactChanged(aggregate_id=self.id, occurred_at=at, changed=changed))

    def change_category(self, category: str, *, at: datetime) -> None:
        """Put the patron into another category; their own again is no change."""
        if category != self.category:
            self.category = category
            event = events.PatronCategoryChanged(aggregate_id=self.id, occurred_at=at, category=category)
            self._record(event)

    def renew_membership(self, *, until: date | None, today: date, at: datetime) -> None:
        """Let the membership end on the day `until`; None: a year on from its end or, if that is past, today.

        Raises MembershipNeverEnds where there is no end to go on from.
        """
        if until is None and self.expires_on is None:
            raise MembershipNeverEnds
        self.expires_on = until or one_year_on(max(self.expires_on or today, today))
        self._record(
            events.MembershipRenewed(aggregate_id=self.id, occurred_at=at, expires_on=self.expires_on)
        )

    def announce_end(self, *, today: date, at: datetime) -> bool:
        """Record, once for each last day, that the membership ends within two weeks; whether it did."""
        end = self.expires_on
        if end is None or end == self.end_announced or not today <= end <= today + ANNOUNCED_BEFORE:
            return False
        self.end_announced = end
        self._record(events.MembershipExpiring(aggregate_id=self.id, occurred_at=at, expires_on=end))
        return True

    def block(self, block: Block, *, at: datetime) -> None:
        """Keep the patron from borrowing. Raises AlreadySuspended for a second block without end."""
        if block.until is not None:
            event: DomainEvent = events.PatronBlocked(
                aggregate_id=self.id, occurred_at=at, block_id=block.id, until=block.until
            )
        elif any(each.is_suspension for each in self.blocks):
            raise AlreadySuspended
        else:
            event = events.PatronSuspended(aggregate_id=self.id, occurred_at=at, block_id=block.id)
        self.blocks = (*self.blocks, block)
        self._record(event)

    def lift(self, block_id: UUID, *, at: datetime) -> None:
        """Lift one block. Raises BlockNotFound."""
        left = tuple(block for block in self.blocks if block.id != block_id)
        if left == self.blocks:
            raise BlockNotFound(id=str(block_id))
        self.blocks = left
        self._record(events.PatronUnblocked(aggregate_id=self.id, occurred_at=at, block_id=block_id))

    def reinstate(self, *, at: datetime) -> None:
        """Lift every block. Raises NotBlocked where there is none."""
        if not self.blocks:
            raise NotBlocked
        lifted = tuple(block.id for block in self.blocks)
        self.blocks = ()
        self._record(events.PatronReinstated(aggregate_id=self.id, occurred_at=at, block_ids=lifted))

    def erase(self, *, at: datetime) -> None:
        """Erase the patron. Whether open loans, holds or charges prevent it is checked before."""
        self._record(events.PatronErased(aggregate_id=self.id, occurred_at=at))
