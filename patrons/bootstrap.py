"""Binds this context's use cases to what they need."""

import secrets
from functools import partial
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from patrons.adapters.files import FileMailer
from patrons.adapters.sendgrid import SendGridMailer
from patrons.adapters.unit_of_work import DjangoPatronsWork
from patrons.domain.card_number import SERIALS
from patrons.services import queries
from patrons.services.commands.claim_notice import ClaimNotice, claim_notice
from patrons.services.commands.define_category import DefineCategory, define_category
from patrons.services.commands.link_login import LinkLogin, link_login
from patrons.services.commands.owe_notice import OweNotice, owe_notice
from patrons.services.commands.register_patron import RegisterPatron, register_patron
from patrons.services.commands.reinstate_patron import ReinstatePatron, reinstate_patron
from patrons.services.commands.repeat_notice import RepeatNotice, repeat_notice
from patrons.services.commands.settle_cut_off_notices import SettleCutOffNotices, settle_cut_off_notices
from patrons.services.commands.settle_notice import SettleNotice, settle_notice
from patrons.services.commands.suspend_patron import SuspendPatron, suspend_patron
from patrons.services.ports import CirculationFacts, Mailer
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
            SuspendPatron: partial(suspend_patron, clock=clock),
            ReinstatePatron: partial(reinstate_patron, clock=clock),
            LinkLogin: link_login,
            DefineCategory: define_category,
            OweNotice: partial(owe_notice, clock=timezone),
            ClaimNotice: partial(claim_notice, clock=timezone),
            SettleNotice: partial(settle_notice, clock=timezone),
            RepeatNotice: partial(repeat_notice, clock=timezone),
            SettleCutOffNotices: partial(settle_cut_off_notices, clock=timezone),
        },
        queries={
            queries.ListPatrons: queries.list_patrons,
            queries.GetPatron: queries.get_patron,
            queries.NoticeIsDue: queries.notice_is_due,
            queries.NoticeWasCutOff: queries.notice_was_cut_off,
        },
    )


def mailer() -> Mailer:
    """SendGrid where there is a key, else files."""
    if not settings.SENDGRID_API_KEY:
        return FileMailer(folder=Path(settings.EMAIL_FILE_PATH), sender=settings.DEFAULT_FROM_EMAIL)
    return SendGridMailer(
        api_key=settings.SENDGRID_API_KEY,
        url=settings.SENDGRID_API_URL.rstrip("/"),
        timeout=settings.SENDGRID_TIMEOUT,
        sender=settings.DEFAULT_FROM_EMAIL,
    )
