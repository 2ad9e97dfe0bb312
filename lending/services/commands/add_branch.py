"""Adds a branch."""

from collections.abc import Sequence
from dataclasses import dataclass

from lending.domain.branch_calendar import AlwaysClosed, BranchCalendar
from lending.domain.branch_details import (
    BranchCodeInvalid,
    BranchNameInvalid,
    UnknownTimeZone,
    branch_details,
)
from lending.services.calendar_details import BranchDetails
from lending.services.ports import BranchExists, LendingWork
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command
from shared_kernel.services.request_context import bind_audit_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class AddBranch(Command[BranchDetails]):
    """Add a branch in an IANA time zone, closed each week on some days (Monday is 0)."""

    refusals = (BranchCodeInvalid, BranchNameInvalid, UnknownTimeZone, AlwaysClosed, BranchExists)

    code: str
    name: str
    time_zone: str
    closed_weekdays: Sequence[int] = ()


def add_branch(command: AddBranch, work: LendingWork, *, clock: Clock) -> BranchDetails:
    """Add it. Raises BranchExists, AlwaysClosed, and Refused with every invalid detail."""
    code, name, zone = branch_details(code=command.code, name=command.name, time_zone=command.time_zone)
    branch = BranchCalendar.open(
        code=code,
        name=name,
        time_zone=zone,
        closed_weekdays=command.closed_weekdays,
        at=clock.now(),
    )
    bind_audit_subjects(branch=branch.id)
    if work.calendars.knows(code):
        raise BranchExists
    work.calendars.add(branch)
    return BranchDetails.of(branch)
