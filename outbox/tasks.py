"""Celery tasks of event delivery: relaying each second, whether or not a relay is running, and pruning."""

from celery import shared_task

from outbox.bootstrap import current_publisher
from outbox.pruning import prune
from outbox.relay import drain_all

#: A late tick is worthless: the next one is already there.
TICK_EXPIRES = 5
#: The longest that one tick publishes, in seconds, so that a stopping worker never waits long.
TICK_SECONDS = 5.0


@shared_task(name="outbox.relay", expires=TICK_EXPIRES, ignore_result=True)
def relay_outbox() -> None:
    """Publish pending events, unless another relay is running."""
    drain_all(current_publisher(), seconds=TICK_SECONDS, wait=False)


@shared_task(name="outbox.prune", expires=3600, ignore_result=True)
def prune_outbox() -> None:
    """Delete delivered events and other records past their retention."""
    prune()
