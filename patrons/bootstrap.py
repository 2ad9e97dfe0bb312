"""Binds this context's use cases to what they need."""

import secrets
from functools import partial
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from patrons.adapters.files import FileMailer
from patrons.adapters.letters import preview_letter, show_letter
from patrons.adapters.loan_letters import StoredLoanLetters
from patrons.adapters.logins import link_is_valid
from patrons.adapters.sendgrid import SendGridMailer
from patrons.adapters.traces import StoredTraces
from patrons.adapters.unit_of_work import DjangoPatronsWork
from patrons.adapters.wordings import DjangoWordings
from patrons.domain.card_number import SERIALS
from patrons.services import queries, wordings
from patrons.services.commands.add_block import AddBlock, add_block
from patrons.services.commands.announce_membership_end import AnnounceMembershipEnd, announce_membership_end
from patrons.services.commands.change_category import ChangeCategory, change_category
from patrons.services.commands.claim_notice import ClaimNotice, claim_notice
from patrons.services.commands.define_category import DefineCategory, define_category
from patrons.services.commands.erase_patron import ErasePatron, erase_patron
from patrons.services.commands.forget_loan_letters import ForgetLoanLetters, forget_loan_letters
from patrons.services.commands.lift_block import LiftBlock, lift_block
from patrons.services.commands.link_login import LinkLogin, link_login
from patrons.services.commands.owe_notice import OweNotice, owe_notice
from patrons.services.commands.register_patron import RegisterPatron, register_patron
from patrons.services.commands.reinstate_patron import ReinstatePatron, reinstate_patron
from patrons.services.commands.renew_membership import RenewMembership, renew_membership
from patrons.services.commands.repeat_notice import RepeatNotice, repeat_notice
from patrons.services.commands.revise_wording import (
    ResetWording,
    ReviseWording,
    reset_wording,
    revise_wording,
)
from patrons.services.commands.send_password_link import SendPasswordLink, send_password_link
from patrons.services.commands.set_password import SetPassword, set_password
from patrons.services.commands.settle_cut_off_notices import SettleCutOffNotices, settle_cut_off_notices
from patrons.services.commands.settle_notice import SettleNotice, settle_notice
from patrons.services.commands.suspend_patron import SuspendPatron, suspend_patron
from patrons.services.commands.update_contact import UpdateContact, update_contact
from patrons.services.commands.withdraw_notices import WithdrawNotices, withdraw_notices
from patrons.services.mail import Mailer
from patrons.services.ports import CirculationFacts
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Handlers


def handlers(*, clock: Clock, circulation: CirculationFacts) -> Handlers:
    """What patrons can do. Notices keep real time: a moved clock of the domain moves no letter."""
    return Handlers(
        work=DjangoPatronsWork,
        commands={
            RegisterPatron: partial(
                register_patron,
                clock=clock,
                circulation=circulation,
                draw_serial=partial(secrets.randbelow, SERIALS),
            ),
            UpdateContact: partial(update_contact, clock=clock, circulation=circulation),
            ChangeCategory: partial(change_category, clock=clock),
            SuspendPatron: partial(suspend_patron, clock=clock),
            AddBlock: partial(add_block, clock=clock),
            LiftBlock: partial(lift_block, clock=clock),
            ReinstatePatron: partial(reinstate_patron, clock=clock),
            RenewMembership: partial(renew_membership, clock=clock),
            AnnounceMembershipEnd: partial(announce_membership_end, clock=clock),
            ErasePatron: lambda command, work: erase_patron(
                command, work, clock=clock, circulation=circulation, traces=StoredTraces(letters=_letters())
            ),
            ForgetLoanLetters: lambda command, work: forget_loan_letters(
                command, work, letters=StoredLoanLetters(letters=_letters()), clock=timezone
            ),
            LinkLogin: link_login,
            SendPasswordLink: partial(send_password_link, clock=timezone),
            SetPassword: set_password,
            DefineCategory: define_category,
            ReviseWording: partial(revise_wording, clock=clock),
            ResetWording: partial(reset_wording, clock=clock),
            OweNotice: partial(owe_notice, clock=timezone),
            WithdrawNotices: partial(withdraw_notices, clock=timezone),
            ClaimNotice: partial(claim_notice, clock=timezone),
            SettleNotice: partial(settle_notice, clock=timezone),
            RepeatNotice: partial(repeat_notice, clock=timezone),
            SettleCutOffNotices: partial(settle_cut_off_notices, clock=timezone),
        },
        queries={
            queries.ListPatrons: queries.list_patrons,
            queries.GetPatron: queries.get_patron,
            queries.OwnPatron: queries.own_patron,
            queries.PasswordLinkIsValid: lambda query: link_is_valid(login=query.login, token=query.token),
            queries.NoticeIsDue: queries.notice_is_due,
            queries.NoticeWasCutOff: queries.notice_was_cut_off,
            wordings.ListWordings: partial(wordings.list_wordings, wordings=DjangoWordings()),
            wordings.GetWording: partial(wordings.get_wording, wordings=DjangoWordings()),
            wordings.PreviewLetter: preview_letter,
            wordings.ShowLetter: show_letter,
        },
    )


def mailer() -> Mailer:
    """SendGrid where there is a key, else files."""
    if not settings.SENDGRID_API_KEY:
        return FileMailer(folder=_letters(), sender=settings.DEFAULT_FROM_EMAIL)
    return SendGridMailer(
        api_key=settings.SENDGRID_API_KEY,
        url=settings.SENDGRID_API_URL.rstrip("/"),
        timeout=settings.SENDGRID_TIMEOUT,
        sender=settings.DEFAULT_FROM_EMAIL,
    )


def _letters() -> Path:
    return Path(settings.EMAIL_FILE_PATH)
