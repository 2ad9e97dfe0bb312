"""Senders died in the middle of an attempt, and nobody knows whether their letters went out."""

from dataclasses import dataclass
from typing import ClassVar

from patrons.domain.notice import CUT_OFF_AFTER
from patrons.services.ports import PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleCutOffNotices(Command[int]):
    """Put aside, for the operator, what has been sending for too long; answered with how many."""

    audited: ClassVar[bool] = False


def settle_cut_off_notices(_command: SettleCutOffNotices, work: PatronsWork, *, wall_clock: Clock) -> int:
    """Make them ambiguous: sending again might be sending twice."""
    now = wall_clock.now()
    return work.notices.settle_cut_off(claimed_before=now - CUT_OFF_AFTER, at=now)
