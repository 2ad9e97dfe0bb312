"""Register a patron."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import uuid4

from patrons.domain.birth_date import InvalidBirthDate, valid_birth_date
from patrons.domain.card_number import CardNumber, InvalidCardNumber
from patrons.domain.email_address import EmailAddress, InvalidEmail
from patrons.domain.language import UnknownLanguage, known_language
from patrons.domain.patron import DuplicateCardNumber, DuplicateEmail, Patron, UnknownBranch, UnknownCategory
from patrons.domain.person_name import InvalidName, PersonName
from patrons.services.patron_details import PatronDetails
from patrons.services.ports import CirculationFacts, PatronsWork
from patrons.services.validation import parse_errors, raise_refusals, rule_violations
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPatron(Command[PatronDetails]):
    """Register somebody. Without a card number one is drawn; `expires_on` is the membership's last day.

    `language` is the one of their letters; None: the library's.
    """

    refusals = (
        InvalidName,
        InvalidEmail,
        InvalidCardNumber,
        UnknownLanguage,
        InvalidBirthDate,
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
    birth_date: date | None = None


def register_patron(
    command: RegisterPatron,
    work: PatronsWork,
    *,
    clock: Clock,
    circulation: CirculationFacts,
    draw_serial: Callable[[], int],
) -> PatronDetails:
    """Register the patron. Raises Refused with every refusal at once."""
    now = clock.now()
    _validate(command, work, circulation, today=circulation.day_of(now, branch=command.home_branch))
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
        birth_date=command.birth_date,
        at=now,
    )
    bind_audit_subjects(patron=patron.id)
    work.patrons.add(patron)
    return PatronDetails.of(patron)


def _validate(
    command: RegisterPatron, work: PatronsWork, circulation: CirculationFacts, *, today: date
) -> None:
    raise_refusals(
        parse_errors(
            (PersonName.parse, command.name),
            (EmailAddress.parse, command.email),
            (CardNumber.parse, command.card_number),
            (known_language, command.language),
            (partial(valid_birth_date, today=today), command.birth_date),
        )
    )
    raise_refusals(
        rule_violations(
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
