"""Removes a closure of a branch."""

from dataclasses import dataclass
from uuid import UUID

from lending.domain.branch_calendar import ClosureNotFound
from lending.services.ports import BranchNotFound, LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveClosure(Command[None]):
    """Remove a closure of the branch with this code. Due dates that it moved stay where they are."""

    refusals = (BranchNotFound, ClosureNotFound)

    branch: str
    closure: UUID


def remove_closure(command: RemoveClosure, work: LendingWork, *, clock: Clock) -> None:
    """Remove it. Raises BranchNotFound and ClosureNotFound."""
    bind_audit_subjects(closure=command.closure)
    calendar = work.calendars.get_by_code(command.branch)
    bind_audit_subjects(branch=calendar.id)
    calendar.reopen(command.closure, at=clock.now())
