"""A patron moves to another category, and with it to other terms of lending."""

from dataclasses import dataclass
from uuid import UUID

from patrons.domain.patron import UnknownCategory
from patrons.services.patron_details import PatronDetails
from patrons.services.ports import PatronsWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCategory(Command[PatronDetails]):
    """Put a patron into the category with this code. Loans that run keep their terms."""

    patron: UUID
    category: str


def change_category(command: ChangeCategory, work: PatronsWork, *, clock: Clock) -> PatronDetails:
    """Change it. Raises UnknownCategory."""
    bind_audit_subjects(patron=command.patron)
    patron = work.patrons.get(command.patron, lock=True)
    if not work.categories.knows(command.category):
        raise UnknownCategory(category=command.category)
    patron.change_category(command.category, at=clock.now())
    return PatronDetails.of(patron)
