"""The relay: publishes committed events in order, marks them once confirmed, and never gives one up."""

import time
from dataclasses import dataclass
from threading import Event

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from outbox import pending
from outbox.metrics import RELAYED
from outbox.publishing import Publisher, PublishingUnavailable
from outbox.single_flight import single_flight
from shared_kernel.resilience.failpoints import failpoint
from shared_kernel.resilience.heartbeat import heartbeat
from shared_kernel.resilience.outages import outage

BATCH_SIZE = 1000
POLL_SECONDS = 0.05
#: How long the resident relay pauses after a failure of the broker or the database.
PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainResult:
    """The result of draining. `failed` counts messages that can't be published; `outage` says why it stopped.

    `busy`: another relay is running. `more`: there may be more to publish at once.
    """

    published: int = 0
    failed: int = 0
    outage: str = ""
    busy: bool = False
    more: bool = False


def drain(publisher: Publisher, *, limit: int = BATCH_SIZE) -> DrainResult:
    """Publish the next `limit` messages, unless another relay is running. Raises django.db.Error."""
    publisher.send_heartbeat()
    if not pending.has_due():
        return DrainResult()
    with single_flight() as acquired:
        if not acquired:
            return DrainResult(busy=True)
        batch, reason = pending.next_batch(limit), ""
        failpoint("relay.after_claim")
        try:
            result = publisher.publish(batch)
            outage("broker").over()
        except PublishingUnavailable as unavailable:
            result, reason = unavailable.result, str(unavailable)
            outage("broker").failed(reason)
        failpoint("relay.before_mark")
        pending.record_result(batch, result)
    RELAYED.labels("published").inc(len(result.confirmed))
    RELAYED.labels("failed").inc(len(result.failures))
    return DrainResult(
        published=len(result.confirmed),
        failed=len(result.failures),
        outage=reason,
        more=bool(result.confirmed or result.failures) and not reason and pending.has_due(),
    )


def drain_all(publisher: Publisher, *, seconds: float, wait: bool = True) -> DrainResult:
    """Drain until nothing is due, an outage occurs, or the time is over.

    While another relay is running, wait for it, or return at once if not `wait`.
    """
    deadline = time.monotonic() + seconds
    published = failed = 0
    while True:
        drained = drain(publisher)
        published, failed = published + drained.published, failed + drained.failed
        waiting = drained.busy and wait
        if waiting:
            time.sleep(POLL_SECONDS)
        if not (drained.more or waiting) or time.monotonic() > deadline:
            return DrainResult(
                published=published,
                failed=failed,
                outage=drained.outage,
                busy=drained.busy,
                more=drained.more,
            )


def run_forever(publisher: Publisher, stop: Event) -> None:
    """Drain until `stop` is set. Survives any outage of the broker and the database."""
    while not stop.is_set():
        heartbeat("relay")
        close_old_connections()
        pause = POLL_SECONDS
        try:
            drained = drain(publisher)
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            outage("database").failed(type(error).__name__)
            pause = PAUSE_SECONDS
        else:
            outage("database").over()
            if drained.more:
                continue
            if drained.outage:
                pause = PAUSE_SECONDS
        stop.wait(pause)
