"""Mark notices whose sender died during an attempt."""

from dataclasses import dataclass
from typing import ClassVar

from patrons.domain.notice import INTERRUPTED_AFTER
from patrons.services.ports import PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkInterruptedNotices(Command[int]):
    """Mark notices that have been sending for too long as ambiguous, for the operator; returns how many."""

    audited: ClassVar[bool] = False


def mark_interrupted_notices(
    _command: MarkInterruptedNotices, work: PatronsWork, *, wall_clock: Clock
) -> int:
    """Mark them ambiguous: they may have been sent."""
    now = wall_clock.now()
    return work.notices.mark_interrupted(claimed_before=now - INTERRUPTED_AFTER, at=now)
