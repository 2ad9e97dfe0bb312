"""The way out: committed events are published in order, marked once confirmed, and never given up."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from threading import Event

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from outbox import pending
from outbox.broker.publisher import RabbitPublisher
from outbox.broker.topology import current_topology
from outbox.in_process import InProcessPublisher
from outbox.metrics import RELAYED
from outbox.publishing import Outcome, Outgoing, Publisher, PublishingUnavailable
from outbox.single_flight import single_flight
from outbox.subscriptions import subscriptions
from shared_kernel.resilience.breakers import BreakerOpen, breaker
from shared_kernel.resilience.failpoints import failpoint
from shared_kernel.resilience.heartbeat import heartbeat
from shared_kernel.resilience.outages import outage

BATCH = 1000
POLL_SECONDS = 0.05
#: How long the resident relay leaves a broker or a database alone that is away.
PAUSE_SECONDS = 1.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """What a drain did. `failed` counts messages at fault themselves; `outage` says why it had to stop.

    `busy`: another relay is at work. `more`: there may be more to publish at once.
    """

    published: int = 0
    failed: int = 0
    outage: str = ""
    busy: bool = False
    more: bool = False


def drain(*, limit: int = BATCH) -> Drained:
    """Publish the next messages, at most `limit`, unless another relay is at work. Raises django.db.Error."""
    publisher = current_publisher()
    publisher.keep_alive()
    if not pending.has_due():
        return Drained()
    with single_flight() as alone:
        if not alone:
            return Drained(busy=True)
        batch, problem = pending.batch(limit), ""
        failpoint("relay.after_claim")
        try:
            outcome = _publish(publisher, batch)
            outage("broker").over()
        except PublishingUnavailable as away:
            outcome, problem = away.outcome, str(away)
            outage("broker").failed(problem)
        failpoint("relay.before_mark")
        pending.settle(batch, outcome)
    RELAYED.labels("published").inc(len(outcome.confirmed))
    RELAYED.labels("failed").inc(len(outcome.faults))
    return Drained(
        published=len(outcome.confirmed),
        failed=len(outcome.faults),
        outage=problem,
        more=bool(outcome.confirmed or outcome.faults) and not problem and pending.has_due(),
    )


def drain_all(*, seconds: float, patient: bool = True) -> Drained:
    """Drain until nothing is left that could go out, or an outage, or the time is over.

    While another relay is at work, a patient caller waits for its turn.
    """
    give_up_at = time.monotonic() + seconds
    published = failed = 0
    while True:
        drained = drain()
        published, failed = published + drained.published, failed + drained.failed
        waits = drained.busy and patient
        if waits:
            time.sleep(POLL_SECONDS)
        if not (drained.more or waits) or time.monotonic() > give_up_at:
            return Drained(
                published=published,
                failed=failed,
                outage=drained.outage,
                busy=drained.busy,
                more=drained.more,
            )


def run_forever(stop: Event) -> None:
    """Drain again and again until told to stop, whatever happens to the broker and the database."""
    while not stop.is_set():
        heartbeat("relay")
        close_old_connections()
        pause = POLL_SECONDS
        try:
            drained = drain()
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


@cache
def current_publisher() -> Publisher:
    """This installation's publisher: RabbitMQ's where there is one, else this process."""
    if settings.RABBITMQ_URL:
        return RabbitPublisher(settings.RABBITMQ_URL, current_topology())
    return InProcessPublisher(subscriptions())


def _publish(publisher: Publisher, batch: Sequence[Outgoing]) -> Outcome:
    if not isinstance(publisher, RabbitPublisher):
        return publisher.publish(batch)
    try:
        return breaker("rabbitmq").call(publisher.publish, batch, counts=(PublishingUnavailable,))
    except BreakerOpen as left_alone:
        raise PublishingUnavailable(str(left_alone)) from left_alone
