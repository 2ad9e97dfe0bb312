"""Finds due dates and pickup deadlines on closed days, since a closure may be added after the loan."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from lending.domain.branch_calendar import BranchCalendar
from lending.models import HoldRow, LoanRow
from lending.services.batches import ids_in_batches
from lending.services.commands.redate_hold import RedateHold
from lending.services.commands.redate_loan import RedateLoan
from lending.services.ports import Calendars, LendingWork
from shared_kernel.services.bus import Command, Query


@dataclass(frozen=True, slots=True)
class DueOnClosedDays(Query[Iterator[Command[bool]]]):
    """Which loans and ready holds are due on a day on which their branch is closed?"""


def due_on_closed_days(_query: DueOnClosedDays, *, work: LendingWork) -> Iterator[Command[bool]]:
    """A command for each open loan and each ready hold whose day its branch is closed on.

    Reads the days on which anything is due, which are few, and then the records of the closed ones alone.
    """
    loans = LoanRow.objects.filter(state=LoanRow.State.OPEN)
    for loan in _ids(loans, "branch", "due_at", work.calendars):
        yield RedateLoan(loan=loan)
    holds = HoldRow.objects.filter(state=HoldRow.State.READY, pickup_branch__isnull=False)
    for hold in _ids(holds, "pickup_branch", "pickup_deadline_at", work.calendars):
        yield RedateHold(hold=hold)


def _ids(rows: "QuerySet[Any]", branch: str, deadline: str, calendars: Calendars) -> Iterator[UUID]:
    """The ids of those loans or holds whose `deadline` falls on a day on which their `branch` is closed."""
    is_open = _cached_is_open(calendars)
    for code, at in list(rows.order_by(deadline, branch).values_list(branch, deadline).distinct()):
        if not is_open(code, at):
            yield from ids_in_batches(rows.filter(**{branch: code, deadline: at}))


def _cached_is_open(calendars: Calendars) -> Callable[[str, datetime], bool]:
    known: dict[str, BranchCalendar | None] = {}

    def is_open(code: str, at: datetime) -> bool:
        if code not in known:
            known[code] = calendars.of(code) if calendars.knows(code) else None
        calendar = known[code]
        # Where there is no such branch, the command says so, of each record by its id.
        return calendar is not None and calendar.is_open(calendar.day_of(at))

    return is_open
