"""A process takes it upon itself to send a notice."""

from dataclasses import dataclass
from typing import ClassVar

from patrons.services.ports import ClaimedNotice, PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimNotice(Command[ClaimedNotice | None]):
    """Take the notice that has been due longest; answered with None if none is due or sending is paused.

    `setting` is the mailer's.
    """

    audited: ClassVar[bool] = False

    setting: str = ""


def claim_notice(command: ClaimNotice, work: PatronsWork, *, wall_clock: Clock) -> ClaimedNotice | None:
    """Claim one notice; committed on its own, before anything is sent."""
    now = wall_clock.now()
    return None if work.notices.paused(at=now, setting=command.setting) else work.notices.claim(at=now)
