"""A patron wants to get in, for the first time or again."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final
from uuid import uuid4

from patrons.domain.card_number import CardNumber
from patrons.domain.email_address import EmailAddress
from patrons.domain.notice import NoticeState
from patrons.domain.patron import Patron
from patrons.services.ports import PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import InvalidValue
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects

#: So many letters go to one patron within an hour, however often and by whomever a link is asked for.
MOST_IN_AN_HOUR: Final = 3
_HOUR: Final = timedelta(hours=1)
KIND: Final = "password_link"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPasswordLink(Command[None]):
    """Note that somebody asks for a link, by an address or a card, for the worker to look whose it is.

    So the request takes as long for a patron as for anybody else.
    """

    audited: ClassVar[bool] = False

    to: str


def request_password_link(command: RequestPasswordLink, work: PatronsWork, *, wall_clock: Clock) -> None:
    """Keep it for AnswerPasswordLinkRequest. What is neither an address nor a card number isn't kept."""
    try:
        sought = _read(command.to)
    except InvalidValue:
        return
    work.link_requests.add(str(sought), at=wall_clock.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPasswordLinkRequest(Command[bool]):
    """Send the letter that the longest waiting request asks for; False where there was no such patron."""


def answer_password_link_request(
    command: AnswerPasswordLinkRequest, work: PatronsWork, *, wall_clock: Clock
) -> bool:
    """Accept the request and queue the letter, in one transaction."""
    del command
    to = work.link_requests.take()
    return to is not None and _send(to, work, wall_clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPasswordLink(Command[None]):
    """Send the patron with this address or card a letter with a link to set a password."""

    to: str


def send_password_link(command: SendPasswordLink, work: PatronsWork, *, wall_clock: Clock) -> None:
    """Owe them the letter. Who has no login yet gets one, named by their card."""
    _send(command.to, work, wall_clock)


def _send(to: str, work: PatronsWork, clock: Clock) -> bool:
    patron = _addressee(to, work)
    if patron is None:
        return False
    bind_audit_subjects(patron=patron.id)
    work.patrons.get(patron.id, lock=True)  # who asks twice at once gets one login
    if work.logins.of(patron.id) is None:
        work.logins.open(patron=patron.id, name=str(patron.card_number))
    now = clock.now()
    recent = work.notices.states_since(now - _HOUR, patron=patron.id, kind=KIND)
    # The link is made when the letter is written, so one that waits still will bring the latest link.
    if NoticeState.QUEUED not in recent and len(recent) < MOST_IN_AN_HOUR:
        work.notices.queue(event_id=uuid4(), kind=KIND, patron=patron.id, params={}, at=now)
    return True


def _addressee(typed: str, work: PatronsWork) -> Patron | None:
    try:
        sought = _read(typed)
    except InvalidValue:
        return None
    if isinstance(sought, EmailAddress):
        return work.patrons.with_email(sought)
    return work.patrons.with_card(sought)


def _read(typed: str) -> EmailAddress | CardNumber:
    return EmailAddress.parse(typed) if "@" in typed else CardNumber.parse(typed)
