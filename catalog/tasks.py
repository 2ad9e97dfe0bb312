"""The catalogue's periodic tasks. What one run misses, the next one does."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from celery import shared_task

from catalog.services.commands.count_borrowing import RecomputePopularity
from catalog.services.commands.prune_rejected_records import PruneRejectedRecords
from catalog.services.imports.worker import ImportWorker
from shared_kernel.services.commands import dispatch

#: A run ends after this time, so that the worker can run the other tasks.
_AT_MOST_SECONDS = 5
_reckoning, _importing = Lock(), Lock()
_worker = ImportWorker()


@shared_task(name="catalog.reckon_popularity", ignore_result=True)
def reckon_popularity() -> None:
    """Recompute the popularity of Books that were borrowed since the last run."""
    with _alone(_reckoning) as alone:
        end = monotonic() + _AT_MOST_SECONDS
        while alone and dispatch(RecomputePopularity()) and monotonic() < end:
            pass


@shared_task(name="catalog.import_files", ignore_result=True)
def import_files() -> None:
    """Continue imports, and imports that are being reverted."""
    with _alone(_importing) as alone:
        if alone:
            _worker.work(seconds=_AT_MOST_SECONDS)


@shared_task(name="catalog.prune_rejected_records", expires=3600, ignore_result=True)
def prune_rejected_records() -> None:
    """Delete rejected records that nobody fetched in time."""
    dispatch(PruneRejectedRecords())


@contextmanager
def _alone(lock: Lock) -> Iterator[bool]:
    """Whether no other run in this process holds the lock."""
    alone = lock.acquire(blocking=False)
    try:
        yield alone
    finally:
        if alone:
            lock.release()
