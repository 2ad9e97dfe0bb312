"""Somebody has been erased, so nothing that people wrote about them may stay."""

from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID

from lending.services.ports import LendingWork
from shared_kernel.services.bus import Command


class PersonalDataEraser(Protocol):
    """What people wrote about patrons in lending's books."""

    def erase(self, patron: UUID) -> int:
        """Erase what was written about this patron; tells in how many places it was."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasePersonalData(Command[int]):
    """Erase the reasons of waivers in an erased patron's account: people write what they like."""

    audited: ClassVar[bool] = False  # it follows from the erasure, which is on record

    patron: UUID


def erase_personal_data(command: ErasePersonalData, _work: LendingWork, *, eraser: PersonalDataEraser) -> int:
    """Erase them, and tell how many there were."""
    return eraser.erase(command.patron)
