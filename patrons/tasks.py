"""What Celery's clock makes patrons do."""

from datetime import timedelta
from threading import Lock

from celery import shared_task

from patrons.bootstrap import compose, mailer
from patrons.services.delivery import deliver_due_notices
from patrons.services.queries.memberships_ending import MembershipsEnding
from shared_kernel.services.batch_dispatch import dispatch_each
from shared_kernel.services.queries import ask

#: A tick gives the worker back after so long, for the sake of the other ticks; the next one goes on.
_FOR_AT_MOST = timedelta(seconds=5)
_sweeping = Lock()


@shared_task(name="patrons.deliver_notices", ignore_result=True)
def deliver_notices() -> None:
    """Send the notices that are due. While a slow sweep runs, this process begins no second one."""
    if _sweeping.acquire(blocking=False):
        try:
            deliver_due_notices(mailer=mailer(), compose=compose, for_at_most=_FOR_AT_MOST)
        finally:
            _sweeping.release()


@shared_task(name="patrons.remind_membership_ends", ignore_result=True)
def remind_membership_ends() -> None:
    """Tell patrons whose membership will end."""
    dispatch_each(ask(MembershipsEnding()))
