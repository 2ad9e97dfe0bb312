"""Letters: composing them, sending them, and the outcomes of that."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from patrons.domain.notice import NoticeState
from patrons.domain.wording import Wording
from patrons.services.ports import ClaimedNotice, KeptLetter, Params
from patrons.services.wordings import LetterDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A notice in words, with the address it goes to. Lives for the time of sending only.

    `html` says the same as `text`. `kept` is what may be remembered of it.
    """

    notice: UUID
    name: str
    email: str
    subject: str
    text: str
    html: str
    kept: KeptLetter


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

    @property
    def setting(self) -> str:
        """A digest of the settings that the service judges us by; another one means that they changed."""
        ...

    def guarded(self) -> AbstractContextManager[None]:
        """Entered around a claim and its sending. Raises BreakerOpen while the service is left alone."""
        ...

    def send(self, letter: Letter) -> str:
        """Send a letter; return the service's id of it. Raises NotDelivered."""
        ...


class LetterComposer(Protocol):
    """Puts notices into words."""

    def compose(self, notice: ClaimedNotice) -> Letter:
        """The letter of a notice. Raises LetterRejected where the patron is gone or there is none."""
        ...

    def example(self, wording: Wording, *, language: str) -> LetterDetails:
        """What a wording makes of invented facts."""
        ...

    def sent(self, *, subject: str, text: str, language: str) -> LetterDetails:
        """A letter as it was kept."""
        ...

    def unsent(self, kind: str, params: Params, *, name: str, chosen_language: str | None) -> LetterDetails:
        """A letter as it would be sent now, without links. Raises LetterRejected."""
        ...
