"""What Celery's clock makes lending do. What was missed is done at the next tick."""

from collections.abc import Iterable, Iterator
from itertools import takewhile
from time import monotonic

from celery import shared_task

from lending.adapters.acl import PatronsPrivacy
from lending.adapters.repositories.rules import DjangoCalendars
from lending.services.anonymising import loans_to_anonymise
from lending.services.jobs import aged_loans, holds_due, loans_due_soon, overdue_loans
from lending.services.redating import due_on_closed_days
from shared_kernel.services.bus import Command
from shared_kernel.services.origin import OriginClock
from shared_kernel.services.sweeps import sweep

#: A tick that has much to do gives the worker back after so long, for the sake of the other ticks.
_AT_MOST_SECONDS = 5
#: The same for what looks through answers and events, an hour apart.
_ANONYMISING_SECONDS = 60


@shared_task(name="lending.expire_holds", ignore_result=True)
def expire_holds() -> None:
    """Expire holds that were not picked up, and end suspensions whose day has come."""
    sweep(holds_due(OriginClock()))


@shared_task(name="lending.remind_due_soon", ignore_result=True)
def remind_due_soon() -> None:
    """Tell patrons of loans that will be due."""
    sweep(loans_due_soon(OriginClock()))


@shared_task(name="lending.mark_overdues", ignore_result=True)
def mark_overdues() -> None:
    """Tell patrons of loans that are overdue."""
    sweep(overdue_loans(OriginClock(), DjangoCalendars()))


@shared_task(name="lending.age_to_lost", ignore_result=True)
def age_to_lost() -> None:
    """Give up copies that are overdue for too long."""
    sweep(aged_loans(OriginClock(), DjangoCalendars()))


@shared_task(name="lending.redate_loans", ignore_result=True)
def redate_loans() -> None:
    """Move what is due on days on which its branch turned out to be closed; the next tick goes on."""
    sweep(_in_time(due_on_closed_days(DjangoCalendars())))


@shared_task(name="lending.anonymise_loans", ignore_result=True)
def anonymise_loans() -> None:
    """Forget whose loans were that ended long ago or whose patron wants it; the next tick goes on."""
    sweep(_in_time(loans_to_anonymise(PatronsPrivacy(), OriginClock()), seconds=_ANONYMISING_SECONDS))


def _in_time(
    commands: Iterable[Command[bool]], *, seconds: float = _AT_MOST_SECONDS
) -> Iterator[Command[bool]]:
    end = monotonic() + seconds
    return takewhile(lambda _: monotonic() < end, commands)
