"""Resend a notice."""

from dataclasses import dataclass
from uuid import UUID

from patrons.services.ports import PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.errors import Refusal
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


class NoticeNotRepeatable(Refusal):
    code = "notice_not_repeatable"
    message = "Only an ambiguous or failed notice can be sent again, and only while it still applies."


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendNotice(Command[None]):
    """Send an ambiguous or failed notice again; it may arrive twice."""

    notice: UUID


def resend_notice(command: ResendNotice, work: PatronsWork, *, wall_clock: Clock) -> None:
    """Queue it again."""
    bind_audit_subjects(notice=command.notice)
    if not work.notices.requeue(command.notice, at=wall_clock.now()):
        raise NoticeNotRepeatable
