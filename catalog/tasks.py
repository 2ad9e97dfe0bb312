"""What Celery's clock makes the catalogue do. What was missed is done at the next tick."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from celery import shared_task

from catalog.services.commands.count_borrowing import RecomputePopularity
from catalog.services.commands.prune_rejected_records import PruneRejectedRecords
from catalog.services.imports.worker import ImportWorker
from shared_kernel.services.commands import dispatch

#: A tick that has much to do gives the worker back after so long, for the sake of the other ticks.
_AT_MOST_SECONDS = 5
_reckoning, _importing = Lock(), Lock()
_worker = ImportWorker()


@shared_task(name="catalog.reckon_popularity", ignore_result=True)
def reckon_popularity() -> None:
    """Let what was borrowed meanwhile count."""
    with _alone(_reckoning) as alone:
        end = monotonic() + _AT_MOST_SECONDS
        while alone and dispatch(RecomputePopularity()) and monotonic() < end:
            pass


@shared_task(name="catalog.import_files", ignore_result=True)
def import_files() -> None:
    """Go on with the files that were sent to be imported, and with imports that are being reverted."""
    with _alone(_importing) as alone:
        if alone:
            _worker.work(seconds=_AT_MOST_SECONDS)


@shared_task(name="catalog.prune_rejected_records", expires=3600, ignore_result=True)
def prune_rejected_records() -> None:
    """Delete rejected records that nobody fetched in time."""
    dispatch(PruneRejectedRecords())


@contextmanager
def _alone(lock: Lock) -> Iterator[bool]:
    """Whether no other tick of this process is at it."""
    alone = lock.acquire(blocking=False)
    try:
        yield alone
    finally:
        if alone:
            lock.release()
