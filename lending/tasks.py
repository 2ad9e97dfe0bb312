"""Scheduled tasks of lending. What a missed run left is done by the next one."""

from collections.abc import Iterable, Iterator
from itertools import takewhile
from time import monotonic

from celery import shared_task

from lending.services.queries.closed_days import DueOnClosedDays
from lending.services.queries.loans_to_anonymise import LoansToAnonymise
from lending.services.queries.scheduled_work import AgedLoans, HoldsDue, LoansDueSoon, OverdueLoans
from shared_kernel.services.batch_dispatch import dispatch_each
from shared_kernel.services.bus import Command
from shared_kernel.services.queries import ask

#: A task stops after so long, so that others get their turn; the next run continues.
_AT_MOST_SECONDS = 5
#: The same for the hourly task that searches stored results and events.
_ANONYMISING_SECONDS = 60


@shared_task(name="lending.expire_holds", ignore_result=True)
def expire_holds() -> None:
    """Expire holds that were not picked up in time, and resume holds whose suspension has ended."""
    dispatch_each(ask(HoldsDue()))


@shared_task(name="lending.remind_due_soon", ignore_result=True)
def remind_due_soon() -> None:
    """Notify patrons of loans that are due soon."""
    dispatch_each(ask(LoansDueSoon()))


@shared_task(name="lending.mark_overdues", ignore_result=True)
def mark_overdues() -> None:
    """Notify patrons of overdue loans."""
    dispatch_each(ask(OverdueLoans()))


@shared_task(name="lending.age_to_lost", ignore_result=True)
def age_to_lost() -> None:
    """Declare loans lost that are overdue for too long."""
    dispatch_each(ask(AgedLoans()))


@shared_task(name="lending.redate_loans", ignore_result=True)
def redate_loans() -> None:
    """Move due dates and pickup deadlines off days on which the branch is closed."""
    dispatch_each(_time_limited(ask(DueOnClosedDays())))


@shared_task(name="lending.anonymise_loans", ignore_result=True)
def anonymise_loans() -> None:
    """Anonymise returned loans that are old enough or whose patron wants it."""
    dispatch_each(_time_limited(ask(LoansToAnonymise()), seconds=_ANONYMISING_SECONDS))


def _time_limited(
    commands: Iterable[Command[bool]], *, seconds: float = _AT_MOST_SECONDS
) -> Iterator[Command[bool]]:
    end = monotonic() + seconds
    return takewhile(lambda _: monotonic() < end, commands)
