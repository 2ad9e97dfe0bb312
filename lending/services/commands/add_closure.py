"""Adds a closure of a branch."""

from dataclasses import dataclass
from datetime import date

from lending.domain.branch_calendar import ClosureInvalid, ClosureOverlaps
from lending.services.calendar_details import ClosureDetails
from lending.services.ports import BranchNotFound, LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.domain.text import ReasonRequired, required_reason
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class AddClosure(Command[ClosureDetails]):
    """Close a branch, by its code, from one day to another, both included.

    What is due on these days is moved soon after, one loan and one hold at a time (RedateLoan, RedateHold).
    """

    refusals = (BranchNotFound, ReasonRequired, ClosureInvalid, ClosureOverlaps)

    branch: str
    first_on: date
    last_on: date
    reason: str


def add_closure(command: AddClosure, work: LendingWork, *, clock: Clock) -> ClosureDetails:
    """Add the closure. Raises BranchNotFound, ReasonRequired, ClosureInvalid and ClosureOverlaps."""
    reason = required_reason(command.reason)
    calendar = work.calendars.get_by_code(command.branch)
    bind_audit_subjects(branch=calendar.id)
    closure = calendar.close(
        first_on=command.first_on, last_on=command.last_on, reason=reason, at=clock.now()
    )
    bind_audit_subjects(closure=closure.id)
    return ClosureDetails.of(closure, branch=calendar.code)
