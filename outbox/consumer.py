"""Handles a consumer's deliveries until they are acknowledged: batches, retries, quarantine. No AMQP."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Protocol
from uuid import UUID

import structlog
from django.db import close_old_connections

from outbox.database_outage import DatabaseUnavailable
from outbox.inbound import InboundMessage
from outbox.inbox import MAX_ATTEMPTS, HandlingResult, HandlingStatus, Inbox
from shared_kernel.resilience.failpoints import failpoint
from shared_kernel.resilience.outages import outage

#: The most messages handled in one transaction.
BATCH_SIZE = 200
MAX_PAUSE_SECONDS = 5.0

log = structlog.get_logger(__name__)


class Acknowledge(Protocol):
    """Acknowledges a delivery at the broker; with `multiple`, also every earlier one on the channel."""

    def __call__(self, delivery_tag: int, *, multiple: bool) -> None:
        """Acknowledge."""
        ...


@dataclass(slots=True, kw_only=True, eq=False)
class Delivery:
    """A delivered message until it is acknowledged. `failures` includes those of earlier deliveries.

    A dead letter carries no reason for its failures, so it gets one more attempt. `due_at` is a time of the
    consumer's monotonic clock.
    """

    message: InboundMessage
    delivery_tag: int
    failures: int = 0
    dead_letter_reason: str = ""
    due_at: float = 0.0


class Consumer:
    """Handles deliveries in the order of their arrival until each is acknowledged.

    A failed one is retried with exponential backoff and stays here meanwhile: requeued, it would be
    redelivered at once and use up the delivery limit. It blocks the later deliveries of its aggregate, but no
    others. After the fifth failure it goes into quarantine.
    """

    def __init__(self, inbox: Inbox, *, clock: Callable[[], float] = monotonic) -> None:
        self.inbox = inbox
        self._clock = clock
        self._deliveries: list[Delivery] = []
        self._pauses = 0
        self._resume_at = 0.0

    @property
    def has_full_batch(self) -> bool:
        """Whether there are enough deliveries for a batch."""
        return len(self._deliveries) >= BATCH_SIZE

    @property
    def has_deliveries(self) -> bool:
        """Whether any delivery is not yet acknowledged."""
        return bool(self._deliveries)

    def receive(self, delivery: Delivery) -> None:
        """Add a delivery to be handled."""
        self._deliveries.append(delivery)

    def discard_deliveries(self) -> None:
        """Drop all deliveries after a lost connection: the broker will redeliver them."""
        self._deliveries.clear()

    def handle(self, acknowledge: Acknowledge) -> None:
        """Handle all deliveries that are due. Pauses, without counting failures, during a database outage."""
        while self._clock() >= self._resume_at and (batch := self._next_batch()):
            close_old_connections()
            try:
                results = self.inbox.handle([delivery.message for delivery in batch])
                done = {
                    delivery.delivery_tag
                    for delivery, result in zip(batch, results, strict=True)
                    if self._is_done(delivery, result)
                }
            except DatabaseUnavailable as unavailable:
                self._pause(str(unavailable))
                return
            self._pauses = 0
            outage("database").over()
            failpoint("consumer.before_ack")
            self._deliveries = [each for each in self._deliveries if each.delivery_tag not in done]
            self._acknowledge(done, acknowledge)

    def _next_batch(self) -> list[Delivery]:
        batch: list[Delivery] = []
        blocked: set[UUID] = set()
        now = self._clock()
        for delivery in self._deliveries:
            subject = delivery.message.event.subject if delivery.message.event else None
            if delivery.due_at > now and subject:
                blocked.add(subject)
            elif delivery.due_at <= now and subject not in blocked:
                batch.append(delivery)
            if len(batch) == BATCH_SIZE:
                break
        return batch

    def _is_done(self, delivery: Delivery, result: HandlingResult) -> bool:
        """Whether a delivery can be acknowledged; schedules the retry of a failed one or quarantines it."""
        if result.status is not HandlingStatus.FAILED:
            return result.status is HandlingStatus.DONE
        delivery.failures += 1
        log.warning(
            "event_failed",
            consumer=self.inbox.consumer,
            message=str(delivery.message.header.id),
            reason=result.reason,
        )
        if delivery.failures >= MAX_ATTEMPTS:
            self.inbox.quarantine(delivery.message, reason=f"{delivery.dead_letter_reason}{result.reason}")
            return True
        delivery.due_at = self._clock() + result.retry_delay * 2 ** (delivery.failures - 1)
        return False

    def _acknowledge(self, done: Iterable[int], acknowledge: Acknowledge) -> None:
        """Acknowledge with as few calls as possible; `multiple` must not include an open delivery."""
        first_open = min((delivery.delivery_tag for delivery in self._deliveries), default=None)
        before = [tag for tag in done if first_open is None or tag < first_open]
        if before:
            acknowledge(max(before), multiple=True)
        for tag in sorted(set(done).difference(before)):
            acknowledge(tag, multiple=False)

    def _pause(self, reason: str) -> None:
        self._pauses += 1
        pause = min(MAX_PAUSE_SECONDS, 0.25 * 2 ** min(self._pauses, 10))
        self._resume_at = self._clock() + pause
        outage("database").failed(reason)
