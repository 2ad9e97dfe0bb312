"""Withdraws queued notices that are no longer true."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from patrons.services.ports import PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawNotices(Command[None]):
    """Send nothing of these kinds about this loan, hold, charge or patron any more; what was sent, was."""

    audited: ClassVar[bool] = False

    about: UUID
    kinds: tuple[str, ...]


def withdraw_notices(command: WithdrawNotices, work: PatronsWork, *, wall_clock: Clock) -> None:
    """Withdraw those that are queued; what is being sent, is ambiguous or has failed is not sent again."""
    work.notices.withdraw(about=command.about, kinds=command.kinds, at=wall_clock.now())
