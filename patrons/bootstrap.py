"""What patrons can do, and the adapters that its handlers are bound to."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Self

from django.conf import settings
from django.utils import timezone

from patrons.adapters.files import FileMailer
from patrons.adapters.letter_redaction import StoredLoanLetters
from patrons.adapters.letters import TextLetterComposer
from patrons.adapters.personal_data import DjangoPersonalDataEraser
from patrons.adapters.unit_of_work import DjangoPatronsWork
from patrons.adapters.wordings import DjangoWordings
from patrons.domain.card_number import SERIALS
from patrons.services.commands.add_block import add_block
from patrons.services.commands.announce_membership_end import announce_membership_end
from patrons.services.commands.change_category import change_category
from patrons.services.commands.claim_notice import claim_notice
from patrons.services.commands.define_category import define_category
from patrons.services.commands.erase_patron import erase_patron
from patrons.services.commands.forget_loan_letters import LoanLetters, forget_loan_letters
from patrons.services.commands.lift_block import lift_block
from patrons.services.commands.link_login import link_login
from patrons.services.commands.mark_interrupted_notices import mark_interrupted_notices
from patrons.services.commands.queue_notice import queue_notice
from patrons.services.commands.record_notice_outcome import record_notice_outcome
from patrons.services.commands.register_patron import register_patron
from patrons.services.commands.reinstate_patron import reinstate_patron
from patrons.services.commands.renew_membership import renew_membership
from patrons.services.commands.resend_notice import resend_notice
from patrons.services.commands.revise_wording import reset_wording, revise_wording
from patrons.services.commands.send_password_link import (
    answer_password_link_request,
    request_password_link,
    send_password_link,
)
from patrons.services.commands.set_password import set_password
from patrons.services.commands.suspend_patron import suspend_patron
from patrons.services.commands.update_contact import update_contact
from patrons.services.commands.withdraw_notices import withdraw_notices
from patrons.services.delivery import Compose
from patrons.services.mail import LetterComposer, Mailer
from patrons.services.ports import CirculationFacts, PatronsWork, PersonalDataEraser
from patrons.services.queries import letters, memberships_ending, notices, password_links, patrons, wordings
from patrons.services.wordings import Wordings
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import CommandHandler, Handlers, QueryHandler
from shared_kernel.services.wiring import bind

COMMANDS: tuple[CommandHandler, ...] = (
    register_patron,
    update_contact,
    change_category,
    suspend_patron,
    add_block,
    lift_block,
    reinstate_patron,
    renew_membership,
    announce_membership_end,
    erase_patron,
    forget_loan_letters,
    link_login,
    request_password_link,
    answer_password_link_request,
    send_password_link,
    set_password,
    define_category,
    revise_wording,
    reset_wording,
    queue_notice,
    withdraw_notices,
    claim_notice,
    record_notice_outcome,
    resend_notice,
    mark_interrupted_notices,
)

QUERIES: tuple[QueryHandler, ...] = (
    patrons.list_patrons,
    patrons.get_patron,
    patrons.own_patron,
    password_links.password_link_is_requested,
    password_links.password_link_is_valid,
    notices.notice_is_due,
    notices.notice_was_interrupted,
    wordings.list_wordings,
    wordings.get_wording,
    letters.preview_letter,
    letters.show_letter,
    memberships_ending.memberships_ending,
)


_wordings: Final = DjangoWordings()
_composer: Final = TextLetterComposer(_wordings)
#: Turns a claimed notice into the letter to be sent.
compose: Final[Compose] = _composer.compose


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What patrons' handlers may ask for, by the names of their parameters.

    `wall_clock` is for notices and logins: moving the domain's `clock` moves no letter.
    """

    work: Callable[[], PatronsWork]
    clock: Clock
    wall_clock: Clock
    circulation: CirculationFacts
    draw_serial: Callable[[], int]
    eraser: PersonalDataEraser
    letters: LoanLetters
    wordings: Wordings
    composer: LetterComposer

    @classmethod
    def with_adapters(cls, *, clock: Clock, circulation: CirculationFacts) -> Self:
        """The ports of an installation. `circulation` is what patrons needs to know of lending."""
        return cls(
            work=DjangoPatronsWork,
            clock=clock,
            wall_clock=timezone,
            circulation=circulation,
            draw_serial=partial(secrets.randbelow, SERIALS),
            eraser=DjangoPersonalDataEraser(letters=_letters_folder),
            letters=StoredLoanLetters(letters=_letters_folder),
            wordings=_wordings,
            composer=_composer,
        )


def handlers(ports: Ports) -> Handlers:
    """Patrons' handlers, bound."""
    return bind(commands=COMMANDS, queries=QUERIES, ports=ports)


def mailer() -> Mailer:
    """SendGrid where there is a key, else files."""
    if not settings.SENDGRID_API_KEY:
        return FileMailer(folder=_letters_folder(), sender=settings.DEFAULT_FROM_EMAIL)
    # Late: its client takes a tenth of the time in which a process starts, and most have no key.
    from patrons.adapters.sendgrid import SendGridMailer

    return SendGridMailer(
        api_key=settings.SENDGRID_API_KEY,
        url=settings.SENDGRID_API_URL.rstrip("/"),
        timeout=settings.SENDGRID_TIMEOUT,
        sender=settings.DEFAULT_FROM_EMAIL,
    )


def _letters_folder() -> Path:
    return Path(settings.EMAIL_FILE_PATH)
