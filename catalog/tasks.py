"""What Celery's clock makes the catalogue do. What was missed is done at the next tick."""

from threading import Lock
from time import monotonic

from celery import shared_task

from catalog.services.commands.count_borrowing import ReckonPopularity
from shared_kernel.services.commands import dispatch

#: A tick that has much to do gives the worker back after so long, for the sake of the other ticks.
_AT_MOST_SECONDS = 5
_reckoning = Lock()


@shared_task(name="catalog.reckon_popularity", ignore_result=True)
def reckon_popularity() -> None:
    """Let what was borrowed meanwhile count. While one tick is at it, this process begins no second one."""
    if not _reckoning.acquire(blocking=False):
        return
    try:
        end = monotonic() + _AT_MOST_SECONDS
        while dispatch(ReckonPopularity()) and monotonic() < end:
            pass
    finally:
        _reckoning.release()
