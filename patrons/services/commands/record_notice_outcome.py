"""Record the outcome of an attempt to send a notice."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from patrons.domain.notice import NoticeState, wait_after
from patrons.services.ports import KeptLetter, PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordNoticeOutcome(Command[None]):
    """Record how an attempt ended, with which letter.

    `pause` keeps back all sending with this `setting` of the mailer for so long.
    """

    audited: ClassVar[bool] = False

    notice: UUID
    attempt: int
    state: NoticeState
    provider_id: str = ""
    failure: str = ""
    pause: timedelta | None = None
    setting: str = ""
    letter: KeptLetter | None = None


def record_notice_outcome(command: RecordNoticeOutcome, work: PatronsWork, *, wall_clock: Clock) -> None:
    """Record the outcome of the attempt."""
    now = wall_clock.now()
    # While sending is paused nothing is claimed anyway, and a changed setting ends the pause at once.
    wait = timedelta() if command.pause else wait_after(attempts=command.attempt)
    work.notices.record_outcome(
        command.notice,
        attempt=command.attempt,
        state=command.state,
        at=now,
        retry_at=now + wait,
        provider_id=command.provider_id,
        failure=command.failure,
        letter=command.letter,
    )
    if command.pause:
        work.notices.pause(until=now + command.pause, reason=command.failure, setting=command.setting)
