"""The clock's door: relaying each second, as the safety net that is always there, and tidying up."""

from celery import shared_task

from outbox.pruning import prune
from outbox.relay import drain_all

#: A tick that comes late is worth nothing: the next one is already there.
TICK_EXPIRES = 5
#: One tick publishes for so many seconds at most, so that a worker's stop never waits long.
TICK_LASTS = 5.0


@shared_task(name="outbox.relay", expires=TICK_EXPIRES, ignore_result=True)
def relay_outbox() -> None:
    """Publish what was committed, unless a resident relay is about it."""
    drain_all(seconds=TICK_LASTS, patient=False)


@shared_task(name="outbox.prune", expires=3600, ignore_result=True)
def prune_outbox() -> None:
    """Delete what was delivered long ago."""
    prune()
