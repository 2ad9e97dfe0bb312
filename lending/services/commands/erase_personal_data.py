"""Erases personal data of a patron who has been erased."""

from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID

from lending.services.ports import LendingWork
from shared_kernel.services.bus import Command


class PersonalDataEraser(Protocol):
    """Erases what staff wrote about patrons in lending's records."""

    def erase(self, patron: UUID) -> int:
        """Erase the texts about this patron. Returns the number of erased texts."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasePersonalData(Command[int]):
    """Erase the reasons of waivers in an erased patron's account, which are free text."""

    audited: ClassVar[bool] = False  # it follows from the erasure, which is on record

    patron: UUID


def erase_personal_data(command: ErasePersonalData, _work: LendingWork, *, eraser: PersonalDataEraser) -> int:
    """Erase them, and answer how many there were."""
    return eraser.erase(command.patron)
