"""What Celery's clock makes lending do. What was missed is done at the next tick."""

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

#: A tick that has much to do gives the worker back after so long, for the sake of the other ticks.
_AT_MOST_SECONDS = 5
#: The same for what looks through answers and events, an hour apart.
_ANONYMISING_SECONDS = 60


@shared_task(name="lending.expire_holds", ignore_result=True)
def expire_holds() -> None:
    """Expire holds that were not picked up, and end suspensions whose day has come."""
    dispatch_each(ask(HoldsDue()))


@shared_task(name="lending.remind_due_soon", ignore_result=True)
def remind_due_soon() -> None:
    """Tell patrons of loans that will be due."""
    dispatch_each(ask(LoansDueSoon()))


@shared_task(name="lending.mark_overdues", ignore_result=True)
def mark_overdues() -> None:
    """Tell patrons of loans that are overdue."""
    dispatch_each(ask(OverdueLoans()))


@shared_task(name="lending.age_to_lost", ignore_result=True)
def age_to_lost() -> None:
    """Give up copies that are overdue for too long."""
    dispatch_each(ask(AgedLoans()))


@shared_task(name="lending.redate_loans", ignore_result=True)
def redate_loans() -> None:
    """Move what is due on days on which its branch turned out to be closed; the next tick goes on."""
    dispatch_each(_in_time(ask(DueOnClosedDays())))


@shared_task(name="lending.anonymise_loans", ignore_result=True)
def anonymise_loans() -> None:
    """Forget whose loans were that ended long ago or whose patron wants it; the next tick goes on."""
    dispatch_each(_in_time(ask(LoansToAnonymise()), seconds=_ANONYMISING_SECONDS))


def _in_time(
    commands: Iterable[Command[bool]], *, seconds: float = _AT_MOST_SECONDS
) -> Iterator[Command[bool]]:
    end = monotonic() + seconds
    return takewhile(lambda _: monotonic() < end, commands)
