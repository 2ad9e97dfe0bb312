"""The ports of patrons."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from patrons.domain.card_number import CardNumber
from patrons.domain.email_address import EmailAddress
from patrons.domain.notice import NoticeState
from patrons.domain.patron import Patron
from patrons.services.wordings import Wordings
from shared_kernel.domain.errors import Refusal
from shared_kernel.services.bus import Repository

#: One fact in a letter; an amount of money is `{amount, currency}`.
Fact = str | int | bool | Mapping[str, str] | None
#: The facts in a letter besides the patron's name.
Params = Mapping[str, Fact]


class CirculationFacts(Protocol):
    """What patrons need to know of circulation."""

    def knows_branch(self, code: str) -> bool:
        """Whether there is a branch with this code."""
        ...

    def day_of(self, instant: datetime, *, branch: str | None) -> date:
        """The day that it is then at a branch; in the site's time zone for None."""
        ...

    def reasons_to_keep(self, patron: UUID) -> Sequence[Refusal]:
        """Why this patron can't be erased now: loans, holds, charges. For a patron who is locked already."""
        ...


class Patrons(Protocol):
    """All patrons."""

    def add(self, aggregate: Patron) -> None:
        """Take a new patron in."""
        ...

    def get(self, id: UUID, *, lock: bool = False) -> Patron:
        """The patron with this id; `lock` keeps others from changing them. Raises PatronNotFound."""
        ...

    def remove(self, aggregate: Patron) -> None:
        """Let a patron go; their last event says so."""
        ...

    def declines(self, id: UUID, kind: str) -> bool:
        """Whether this patron does without notices of this kind."""
        ...

    def with_card(self, card_number: CardNumber) -> Patron | None:
        """The patron with this card number, if there is one."""
        ...

    def with_email(self, email: EmailAddress) -> Patron | None:
        """The patron with this address, if there is one."""
        ...


class Categories(Protocol):
    """The categories that a patron can be in: reference data."""

    def knows(self, code: str) -> bool:
        """Whether there is such a category."""
        ...

    def define(self, code: str, *, name: str) -> None:
        """Add a category, or rename the one with this code."""
        ...


class Logins(Protocol):
    """The logins of patrons, and which is whose."""

    def link(self, login_id: int, *, patron: UUID) -> bool:
        """Let a login be this patron's; False where either is linked already."""
        ...

    def of(self, patron: UUID) -> int | None:
        """The login of this patron, if there is one."""
        ...

    def open(self, *, patron: UUID, name: str) -> None:
        """Make a login of that name for a patron who has none; nobody knows its password yet."""
        ...

    def set_password(self, *, login: str, token: str, password: str) -> None:
        """Set the password of the login that a link names. Raises LinkInvalid and PasswordTooWeak."""
        ...

    def is_valid_link(self, *, login: str, token: str) -> bool:
        """Whether a password can be set by this link."""
        ...

    def erase(self, patron: UUID) -> None:
        """Anonymise and disable the patron's login. A login of staff is kept."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedNotice:
    """A notice whose sending is now up to one process. `attempt` counts from 1.

    `event` is what it follows from, and `correlation_id` what that shares with all that one request caused.
    """

    id: UUID
    kind: str
    patron: UUID
    params: Params
    attempt: int
    event: UUID | None = None
    correlation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLetter:
    """A letter as it was sent, to be kept: `{name}` and `{link}` stand for what never is."""

    subject: str
    text: str
    language: str


class Notices(Protocol):
    """The notices to patrons, by email."""

    def queue(
        self,
        *,
        event_id: UUID,
        kind: str,
        patron: UUID,
        params: Params,
        at: datetime,
        about: UUID | None = None,
    ) -> None:
        """Queue a notice, unless it was for this very event and kind. `about` is an id: what it is about."""
        ...

    def claim(self, *, at: datetime) -> ClaimedNotice | None:
        """Take the notice that has been due longest and that nobody else is taking, if there is one."""
        ...

    def record_outcome(
        self,
        id: UUID,
        *,
        attempt: int,
        state: NoticeState,
        at: datetime,
        retry_at: datetime,
        provider_id: str,
        failure: str,
        letter: KeptLetter | None = None,
    ) -> None:
        """Record how an attempt ended, and with which letter, if there was one.

        `retry_at` counts for a notice that is queued again. One that is no longer true is withdrawn.
        """
        ...

    def mark_interrupted(self, *, claimed_before: datetime, at: datetime) -> int:
        """Mark as ambiguous the notices that have been sending since before an instant; return how many."""
        ...

    def requeue(self, id: UUID, *, at: datetime) -> bool:
        """Queue an ambiguous or failed notice again; False for any other or a withdrawn one."""
        ...

    def withdraw(self, *, about: UUID, kinds: Collection[str], at: datetime) -> None:
        """Withdraw the unsent notices of these kinds about a loan, hold or charge."""
        ...

    def states_since(self, instant: datetime, *, patron: UUID, kind: str) -> Sequence[str]:
        """The states of a patron's notices of this kind that were queued since an instant."""
        ...

    def was_sent(self, patron: UUID, *, about: UUID, kinds: Collection[str]) -> bool:
        """Whether the latest notice of these kinds about this went out, or may have."""
        ...

    def forget(self, patron: UUID, *, at: datetime) -> Sequence[UUID]:
        """Empty and withdraw all notices to a patron; returns their ids."""
        ...

    def pause(self, *, until: datetime, reason: str, setting: str) -> None:
        """Send nothing with this setting of the mailer until then."""
        ...

    def paused(self, *, at: datetime, setting: str) -> bool:
        """Whether sending with this setting of the mailer is paused."""
        ...


class LinkRequests(Protocol):
    """Requests for a link to set a password that nobody has looked into yet."""

    def add(self, to: str, *, at: datetime) -> None:
        """Keep a request by a normalised address or card number."""
        ...

    def take(self) -> str | None:
        """The longest waiting request that nobody else is taking, which is gone then; None for none."""
        ...


class PersonalDataEraser(Protocol):
    """Erases personal data outside patrons' own tables: stored answers, logs, letters."""

    def erase(self, patron: Patron, *, notices: Collection[UUID]) -> None:
        """Erase what identifies this patron. `notices` are the ids of those they were sent."""
        ...


class PatronsWork(Protocol):
    """The unit of work of this context."""

    @property
    def patrons(self) -> Patrons:
        """All patrons."""
        ...

    @property
    def categories(self) -> Categories:
        """All categories."""
        ...

    @property
    def logins(self) -> Logins:
        """Which login is whose."""
        ...

    @property
    def notices(self) -> Notices:
        """All notices."""
        ...

    @property
    def link_requests(self) -> LinkRequests:
        """Requests for links to set a password."""
        ...

    @property
    def wordings(self) -> Wordings:
        """How letters are worded."""
        ...

    @property
    def repositories(self) -> Sequence[Repository]:
        """The repositories to be written at the end."""
        ...
