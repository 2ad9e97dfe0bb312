"""Somebody becomes a patron."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from patrons.domain.card_number import CardNumber, InvalidCardNumber
from patrons.domain.email_address import EmailAddress, InvalidEmail
from patrons.domain.language import UnknownLanguage, known_language
from patrons.domain.patron import DuplicateCardNumber, DuplicateEmail, Patron, UnknownBranch, UnknownCategory
from patrons.domain.person_name import InvalidName, PersonName
from patrons.services.answers import PatronView
from patrons.services.ports import CirculationFacts, PatronsWork
from patrons.services.vetting import refuse_if, unacceptable, unreadable
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPatron(Command[PatronView]):
    """Register somebody. Without a card number one is drawn; `expires_on` is the membership's last day.

    `language` is the one of their letters; None: the library's.
    """

    refusals = (
        InvalidName,
        InvalidEmail,
        InvalidCardNumber,
        UnknownLanguage,
        UnknownCategory,
        UnknownBranch,
        DuplicateEmail,
        DuplicateCardNumber,
    )

    name: str
    email: str
    category: str = "regular"
    card_number: str | None = None
    expires_on: date | None = None
    home_branch: str | None = None
    language: str | None = None


def register_patron(
    command: RegisterPatron,
    work: PatronsWork,
    *,
    clock: Clock,
    circulation: CirculationFacts,
    draw_serial: Callable[[], int],
) -> PatronView:
    """Take a new patron in. Refused with everything that is wrong with the command, all at once."""
    _vet(command, work, circulation)
    given = command.card_number
    patron = Patron.register(
        id=uuid4(),
        card_number=_new_card(work, draw_serial) if given is None else CardNumber.parse(given),
        name=PersonName.parse(command.name),
        email=EmailAddress.parse(command.email),
        category=command.category,
        home_branch=command.home_branch,
        expires_on=command.expires_on,
        language=command.language,
        at=clock.now(),
    )
    bind_audit_subjects(patron=patron.id)
    work.patrons.add(patron)
    return PatronView.of(patron)


def _vet(command: RegisterPatron, work: PatronsWork, circulation: CirculationFacts) -> None:
    refuse_if(
        unreadable(
            (PersonName.parse, command.name),
            (EmailAddress.parse, command.email),
            (CardNumber.parse, command.card_number),
            (known_language, command.language),
        )
    )
    refuse_if(
        unacceptable(
            work,
            circulation,
            category=command.category,
            home_branch=command.home_branch,
            email=command.email,
            card_number=command.card_number,
        )
    )


def _new_card(work: PatronsWork, draw_serial: Callable[[], int]) -> CardNumber:
    card = CardNumber.of_serial(draw_serial())
    while work.patrons.with_card(card):
        card = CardNumber.of_serial(draw_serial())
    return card
