"""What the use cases need of the world outside."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from patrons.domain.card_number import CardNumber
from patrons.domain.email_address import EmailAddress
from patrons.domain.notice import NoticeState
from patrons.domain.patron import Patron
from shared_kernel.services.bus import Storage

#: What a letter tells besides the patron's name.
Params = Mapping[str, str | int | bool | None]


class CirculationFacts(Protocol):
    """What patrons need to know of circulation."""

    def knows_branch(self, code: str) -> bool:
        """Whether there is a branch with this code."""
        ...


class Patrons(Protocol):
    """All patrons."""

    def add(self, aggregate: Patron) -> None:
        """Take a new patron in."""
        ...

    def get(self, id: UUID, *, lock: bool = False) -> Patron:
        """The patron with this id; `lock` keeps others from changing them. Raises PatronNotFound."""
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
    """Which login is whose."""

    def link(self, login_id: int, *, patron: UUID) -> bool:
        """Let a login be this patron's; False where either is linked already."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedNotice:
    """A notice whose sending is now up to one process. `attempt` counts from 1."""

    id: UUID
    kind: str
    patron: UUID
    params: Params
    attempt: int


class Notices(Protocol):
    """The notices owed to patrons, by email."""

    def owe(self, *, event_id: UUID, kind: str, patron: UUID, params: Params, at: datetime) -> None:
        """Queue a notice, unless it was for this very event and kind."""
        ...

    def claim(self, *, at: datetime) -> ClaimedNotice | None:
        """Take the notice that has been due longest and that nobody else is taking, if there is one."""
        ...

    def settle(
        self,
        id: UUID,
        *,
        attempt: int,
        state: NoticeState,
        at: datetime,
        retry_at: datetime,
        provider_id: str,
        failure: str,
    ) -> None:
        """Put down how an attempt ended. `retry_at` counts for a notice that is queued again."""
        ...

    def settle_cut_off(self, *, claimed_before: datetime, at: datetime) -> int:
        """Make ambiguous what has been sending since before an instant; tells how many."""
        ...

    def requeue(self, id: UUID, *, at: datetime) -> bool:
        """Queue what is ambiguous or failed once more; False for anything else."""
        ...

    def pause(self, *, until: datetime, reason: str) -> None:
        """Send nothing until then."""
        ...

    def paused(self, *, at: datetime) -> bool:
        """Whether sending is paused."""
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
    def storages(self) -> Sequence[Storage]:
        """The repositories to be written at the end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A notice in words, with the address it goes to. Lives for the time of sending only."""

    notice: UUID
    name: str
    email: str
    subject: str
    text: str


class NotDelivered(Exception):
    """A letter was not certainly delivered. `reason` goes on record: no name and no address is in it."""

    def __init__(self, reason: str, *, state: NoticeState, pause: timedelta | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.state = state
        self.pause = pause


class LetterRejected(NotDelivered):
    """This letter can never be sent as it is."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, state=NoticeState.FAILED)


class ChannelClosed(NotDelivered):
    """The service takes nothing from us for the time of `pause`; the letter was certainly not sent."""

    def __init__(self, reason: str, *, pause: timedelta, alert: bool) -> None:
        super().__init__(reason, state=NoticeState.QUEUED, pause=pause)
        self.alert = alert


class MailServiceFailure(NotDelivered):
    """The service failed. `sent` says that it may have taken the letter all the same."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason, state=NoticeState.AMBIGUOUS if sent else NoticeState.QUEUED)


class Mailer(Protocol):
    """A way to send letters."""

    def guarded(self) -> AbstractContextManager[None]:
        """Entered around a claim and its sending. Raises BreakerOpen while the service is left alone."""
        ...

    def send(self, letter: Letter) -> str:
        """Send a letter and tell the service's id of it. Raises NotDelivered."""
        ...
