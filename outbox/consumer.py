"""The way in: what becomes of a consumer's messages between their delivery and their ack. Speaks no AMQP."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Protocol
from uuid import UUID

import structlog
from django.db import close_old_connections

from outbox.inbox import ATTEMPTS_ALLOWED, Arrival, DatabaseAway, HandlingResult, HandlingStatus, Inbox
from shared_kernel.resilience.failpoints import failpoint
from shared_kernel.resilience.outages import outage

#: So many messages are handled in one transaction.
TOGETHER = 200
LONGEST_PAUSE = 5.0

log = structlog.get_logger(__name__)


class Acknowledge(Protocol):
    """Tells the broker that it may forget a message, with `multiple` also each one delivered before it."""

    def __call__(self, delivery_tag: int, *, multiple: bool) -> None:
        """Acknowledge."""
        ...


@dataclass(slots=True, kw_only=True, eq=False)
class Delivery:
    """A delivered message until it is acknowledged. `failures` counts those before this delivery as well.

    A dead letter was delivered too often; why, nobody wrote down, so it gets one more chance.
    """

    arrival: Arrival
    delivery_tag: int
    failures: int = 0
    death: str = ""
    due_at: float = 0.0


class Consumer:
    """Handles letters in the order of their arrival, each until it is settled.

    A failed one is retried after 1, 2, 4, 8 times its first wait, kept here meanwhile: given back to the
    broker, it would come again at once and use up its deliveries. The later ones of its aggregate wait
    behind it, others don't. The fifth failure puts it into quarantine.
    """

    def __init__(self, inbox: Inbox, *, clock: Callable[[], float] = monotonic) -> None:
        self.inbox = inbox
        self._clock = clock
        self._letters: list[Delivery] = []
        self._pauses = 0
        self._resume_at = 0.0

    @property
    def has_a_full_batch(self) -> bool:
        """Whether it is no use to wait for more."""
        return len(self._letters) >= TOGETHER

    @property
    def has_letters(self) -> bool:
        """Whether any letter is not settled."""
        return bool(self._letters)

    def receive(self, letter: Delivery) -> None:
        """Take a letter in, to be handled soon."""
        self._letters.append(letter)

    def forget(self) -> None:
        """Drop all letters: the connection that they came by is gone, and they will come again."""
        self._letters.clear()

    def handle(self, acknowledge: Acknowledge) -> None:
        """Handle all letters that are due. Without the database, wait a little: it is no letter's fault."""
        while self._clock() >= self._resume_at and (batch := self._next_batch()):
            close_old_connections()
            try:
                verdicts = self.inbox.take([letter.arrival for letter in batch])
                settled = {
                    letter.delivery_tag
                    for letter, verdict in zip(batch, verdicts, strict=True)
                    if self._settles(letter, verdict)
                }
            except DatabaseAway as away:
                self._pause(str(away))
                return
            self._pauses = 0
            outage("database").over()
            failpoint("consumer.before_ack")
            self._letters = [letter for letter in self._letters if letter.delivery_tag not in settled]
            self._acknowledge(settled, acknowledge)

    def _next_batch(self) -> list[Delivery]:
        batch: list[Delivery] = []
        waited_for: set[UUID] = set()
        now = self._clock()
        for letter in self._letters:
            subject = letter.arrival.event.subject if letter.arrival.event else None
            if letter.due_at > now and subject:
                waited_for.add(subject)
            elif letter.due_at <= now and subject not in waited_for:
                batch.append(letter)
            if len(batch) == TOGETHER:
                break
        return batch

    def _settles(self, letter: Delivery, verdict: HandlingResult) -> bool:
        """Whether nothing is left to do for a letter; a failed one waits, or goes into quarantine."""
        if verdict.fate is not HandlingStatus.FAILED:
            return verdict.fate is HandlingStatus.SETTLED
        letter.failures += 1
        log.warning(
            "event_failed",
            consumer=self.inbox.consumer,
            message=str(letter.arrival.label.id),
            reason=verdict.reason,
        )
        if letter.failures >= ATTEMPTS_ALLOWED:
            self.inbox.quarantine(letter.arrival, reason=f"{letter.death}{verdict.reason}")
            return True
        letter.due_at = self._clock() + verdict.first_wait * 2 ** (letter.failures - 1)
        return False

    def _acknowledge(self, settled: Iterable[int], acknowledge: Acknowledge) -> None:
        """As few acks as possible; but an ack of several must not comprise an open letter."""
        first_open = min((letter.delivery_tag for letter in self._letters), default=None)
        before = [tag for tag in settled if first_open is None or tag < first_open]
        if before:
            acknowledge(max(before), multiple=True)
        for tag in sorted(set(settled).difference(before)):
            acknowledge(tag, multiple=False)

    def _pause(self, reason: str) -> None:
        self._pauses += 1
        pause = min(LONGEST_PAUSE, 0.25 * 2 ** min(self._pauses, 10))
        self._resume_at = self._clock() + pause
        outage("database").failed(reason)
