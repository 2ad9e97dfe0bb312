"""Lending's scheduled jobs: which records are due, and the command that each is due for."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.db.models import F, Q, QuerySet

from lending.models import HoldRow, LoanRow
from lending.services.commands.change_hold import EndSuspension, ExpireHold
from lending.services.commands.lost_things import AgeToLost, MarkOverdue
from lending.services.commands.remind_due_soon import RemindDueSoon
from shared_kernel.domain.clock import Clock
from shared_kernel.services.bus import Command

#: Patrons are reminded so long before a loan is due.
LEAD: Final = timedelta(days=7)


def holds_due(clock: Clock) -> Iterator[Command[bool]]:
    """Ready holds whose pickup deadline has passed, and suspensions that have ended."""
    now = clock.now()
    expired = HoldRow.objects.filter(state=HoldRow.State.READY, pickup_deadline_at__lt=now)
    for hold in list(expired.order_by("pickup_deadline_at").values_list("id", flat=True)):
        yield ExpireHold(hold=hold)
    rested = HoldRow.objects.filter(
        state=HoldRow.State.WAITING, suspended_until__lte=now.date() + timedelta(days=1)
    )
    for hold in list(rested.order_by("suspended_until").values_list("id", flat=True)):
        yield EndSuspension(hold=hold)


def loans_due_soon(clock: Clock) -> Iterator[Command[bool]]:
    """Open loans that are due within the lead time and of which the patron was not yet told."""
    now = clock.now()
    soon = Q(due_at__gt=now, due_at__lte=now + LEAD, state=LoanRow.State.OPEN)
    untold = LoanRow.objects.filter(soon, due_soon_version__lt=F("due_version"))
    for loan in list(untold.order_by("due_at").values_list("id", flat=True)):
        yield RemindDueSoon(loan=loan)


def overdue_loans(clock: Clock) -> Iterator[Command[bool]]:
    """Open loans that are overdue; which of them there is something to tell of, the command finds out."""
    for loan in list(_overdue(clock).order_by("due_at").values_list("id", flat=True)):
        yield MarkOverdue(loan=loan)


def aged_loans(clock: Clock) -> Iterator[Command[bool]]:
    """Open loans that are overdue for a day or more; whether that is long enough, their terms say."""
    for loan in list(_overdue(clock).order_by("due_at").values_list("id", flat=True)):
        yield AgeToLost(loan=loan)


def _overdue(clock: Clock) -> QuerySet[LoanRow]:
    return LoanRow.objects.filter(state=LoanRow.State.OPEN, due_at__lt=clock.now())
