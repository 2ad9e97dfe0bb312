"""A branch will be open after all."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.branch_calendar import ClosureNotFound
from lending.services.ports import BranchNotFound, LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveClosure(Command[None]):
    """Take a closure of a branch, by its code, back. What it moved stays where it is."""

    refusals = (BranchNotFound, ClosureNotFound)

    branch: str
    closure: UUID


def remove_closure(command: RemoveClosure, work: LendingWork, *, clock: Clock) -> None:
    """Take it back. Raises BranchNotFound and ClosureNotFound."""
    bind_audit_subjects(closure=command.closure)
    calendar = work.calendars.get_by_code(command.branch)
    bind_audit_subjects(branch=calendar.id)
    calendar.reopen(command.closure, at=clock.now())
