"""Change a patron's contact, preferences or category."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID

from msgspec import UNSET, UnsetType

from patrons.domain.birth_date import InvalidBirthDate, valid_birth_date
from patrons.domain.email_address import EmailAddress, InvalidEmail
from patrons.domain.language import UnknownLanguage, known_language
from patrons.domain.notice import NoticeNotOptional, declined
from patrons.domain.patron import DuplicateEmail, PatronNotFound, UnknownBranch, UnknownCategory
from patrons.domain.person_name import InvalidName, PersonName
from patrons.domain.privacy import Privacy, UnknownPrivacy
from patrons.services.patron_details import PatronDetails
from patrons.services.ports import CirculationFacts, PatronsWork
from patrons.services.validation import parse_errors, raise_refusals, rule_violations
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import PreconditionFailed
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateContact(Command[PatronDetails]):
    """Change a patron's contact and preferences, and the category if one is given.

    What is None (`home_branch`, `language`, `birth_date`: unset) stays as it is. `home_branch` None is no
    branch in particular, `language` None the library's, `birth_date` None unknown.
    `declined_notices` are all the kinds of letters to do without. `version` is the expected version;
    None skips the check. `viewer_login` bounds the command to the patron behind that login.
    """

    refusals = (
        PatronNotFound,
        PreconditionFailed,
        InvalidName,
        InvalidEmail,
        NoticeNotOptional,
        UnknownPrivacy,
        UnknownLanguage,
        InvalidBirthDate,
        UnknownCategory,
        UnknownBranch,
        DuplicateEmail,
    )

    patron: UUID
    name: str | None = None
    email: str | None = None
    home_branch: str | UnsetType | None = UNSET
    category: str | None = None
    declined_notices: tuple[str, ...] | None = None
    privacy: str | None = None
    language: str | UnsetType | None = UNSET
    birth_date: date | UnsetType | None = UNSET
    version: int | None = None
    viewer_login: int | None = None


def update_contact(
    command: UpdateContact, work: PatronsWork, *, clock: Clock, circulation: CirculationFacts
) -> PatronDetails:
    """Change them. Raises Refused with every refusal at once."""
    bind_audit_subjects(patron=command.patron)
    patron = work.patrons.get(command.patron, lock=True)
    if command.viewer_login is not None and command.viewer_login != work.logins.of(patron.id):
        raise PatronNotFound(id=patron.id)
    patron.require_version(command.version)
    now, notices = clock.now(), command.declined_notices
    _validate(command, work, circulation, today=circulation.day_of(now, branch=patron.home_branch))
    patron.update_contact(
        name=patron.name if command.name is None else PersonName.parse(command.name),
        email=patron.email if command.email is None else EmailAddress.parse(command.email),
        home_branch=patron.home_branch if command.home_branch is UNSET else command.home_branch,
        declined_notices=patron.declined_notices if notices is None else declined(notices),
        privacy=patron.privacy if command.privacy is None else Privacy.parse(command.privacy),
        language=patron.language if command.language is UNSET else command.language,
        birth_date=patron.birth_date if command.birth_date is UNSET else command.birth_date,
        at=now,
    )
    patron.change_category(command.category or patron.category, at=now)
    return PatronDetails.of(patron)


def _validate(
    command: UpdateContact, work: PatronsWork, circulation: CirculationFacts, *, today: date
) -> None:
    raise_refusals(
        parse_errors(
            (PersonName.parse, command.name),
            (EmailAddress.parse, command.email),
            (declined, command.declined_notices),
            (Privacy.parse, command.privacy),
            (known_language, None if command.language is UNSET else command.language),
            (
                partial(valid_birth_date, today=today),
                None if command.birth_date is UNSET else command.birth_date,
            ),
        )
    )
    raise_refusals(
        rule_violations(
            work,
            circulation,
            category=command.category,
            home_branch=None if command.home_branch is UNSET else command.home_branch,
            email=command.email,
            of=command.patron,
        )
    )
