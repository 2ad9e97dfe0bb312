"""A patron wants to get in, for the first time or again."""

from dataclasses import dataclass
from uuid import uuid5

from patrons.domain.card_number import CardNumber
from patrons.domain.email_address import EmailAddress
from patrons.domain.patron import Patron
from patrons.services.ports import PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import InvalidValue
from shared_kernel.services.bus import Command
from shared_kernel.services.origin import concerning

#: A patron gets one link in so many seconds, however often it is asked for.
ONE_IN_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPasswordLink(Command[None]):
    """Send the patron with this address or card a letter with a link to set a password.

    `home` is the address of the library's pages, such as https://library.example.org. Whether there is such
    a patron, the answer doesn't tell.
    """

    to: str
    home: str


def send_password_link(command: SendPasswordLink, work: PatronsWork, *, wall_clock: Clock) -> None:
    """Owe them the letter. Who has no login yet gets one, named by their card."""
    patron = _addressee(command.to, work)
    if patron is None:
        return
    concerning(patron=patron.id)
    work.patrons.get(patron.id, lock=True)  # who asks twice at once gets one login
    if work.logins.of(patron.id) is None:
        work.logins.open(patron=patron.id, name=str(patron.card_number))
    now = wall_clock.now()
    period = int(now.timestamp()) // ONE_IN_SECONDS
    work.notices.owe(
        event_id=uuid5(patron.id, f"password link {period}"),
        kind="password_link",
        patron=patron.id,
        params={"home": command.home.rstrip("/")},
        at=now,
    )


def _addressee(typed: str, work: PatronsWork) -> Patron | None:
    try:
        if "@" in typed:
            return work.patrons.with_email(EmailAddress.parse(typed))
        return work.patrons.with_card(CardNumber.parse(typed))
    except InvalidValue:
        return None
