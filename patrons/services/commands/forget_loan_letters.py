"""Redacts the letters about an anonymised loan."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from patrons.services.ports import PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command


class LoanLetters(Protocol):
    """The notices about loans and holds, and the letters that were made of them."""

    def forget(self, about: Collection[UUID], *, at: datetime) -> int:
        """Redact the notices about these, and withdraw the unsent; return how many."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetLoanLetters(Command[int]):
    """Forget what was written about these loans and holds. That something was written, stays."""

    audited: ClassVar[bool] = False

    about: tuple[UUID, ...]


def forget_loan_letters(
    command: ForgetLoanLetters, _work: PatronsWork, *, letters: LoanLetters, wall_clock: Clock
) -> int:
    """Redact them; return how many letters there were."""
    return letters.forget(command.about, at=wall_clock.now())
