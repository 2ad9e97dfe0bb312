"""The inbox of a consumer: each event takes effect once, in the transaction that records it as received."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from enum import Enum
from uuid import UUID

import structlog
from django.db import DatabaseError, transaction

from outbox.database_outage import DatabaseUnavailable, detecting_database_outage
from outbox.envelope import ReceivedEvent
from outbox.inbound import InboundMessage
from outbox.metrics import RECEIVED
from outbox.models import InboxEntry, QuarantinedMessage
from outbox.subscriptions import Subscriber, without_version
from outbox.unit_of_work import shared_transaction
from shared_kernel.domain.errors import Refused
from shared_kernel.resilience.failpoints import failpoint
from shared_kernel.services.request_context import RequestContext, request_context

#: A message that fails this many times goes into quarantine.
MAX_ATTEMPTS = 5
#: Seconds until a failed message is retried for the first time; the delay doubles with each attempt.
RETRY_DELAY_SECONDS = 0.5
_ID_REUSED = "the id was used before, for an event with another content"

log = structlog.get_logger(__name__)


class HandlingStatus(Enum):
    """Done: the message took effect now or earlier, has no subscriber here, or is in quarantine."""

    DONE = "done"
    FAILED = "failed"
    BLOCKED = "blocked by a failed event of its aggregate"


class InboxOutcome(Enum):
    """What happened to a received message; a label of the metric `library_inbox_events`."""

    HANDLED = "handled"
    DUPLICATE = "repeated"
    IGNORED = "passed_over"
    FAILED = "failed"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlingResult:
    """The status of a message; for a failed one also the reason and the seconds until its first retry."""

    status: HandlingStatus
    reason: str = ""
    retry_delay: float = 0.0


_DONE, _BLOCKED = HandlingResult(status=HandlingStatus.DONE), HandlingResult(status=HandlingStatus.BLOCKED)


class Inbox:
    """The messages of one consumer. `ignored` counts, by type, those without a subscriber."""

    def __init__(self, consumer: str, subscribers: Mapping[str, Subscriber]) -> None:
        self.consumer = consumer
        self.ignored: Counter[str] = Counter()
        self._subscribers = subscribers
        self._known_types = {without_version(type_) for type_ in subscribers}

    def parse(self, payload: bytes) -> InboundMessage:
        """Parse a message and check whether this consumer can handle it."""
        message = InboundMessage.of(payload)
        type_ = message.header.type
        if type_ in self._subscribers:
            return message
        if type_ and without_version(type_) not in self._known_types:
            self.ignored[type_] += 1
            return replace(message, event=None, error="")
        return replace(message, event=None, error=message.error or "unknown version of a known type")

    def handle(self, messages: Sequence[InboundMessage]) -> list[HandlingResult]:
        """Handle messages in one transaction, or one by one if that fails. Raises DatabaseUnavailable.

        A message that fails blocks the later ones of its aggregate, but no others.
        """
        try:
            with detecting_database_outage():
                outcomes = self.handle_atomically(messages)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a subscriber raises is that message's failure
            if len(messages) > 1:
                return self._handle_individually(messages)
            self._count(InboxOutcome.FAILED)
            return [_failed(error)]
        self._count(*outcomes)
        for message, outcome in zip(messages, outcomes, strict=True):
            self._log(message, outcome)
        return [_DONE] * len(messages)

    def handle_atomically(self, messages: Sequence[InboundMessage]) -> list[InboxOutcome]:
        """Handle all messages in one transaction. Raises whatever a subscriber raises.

        A subscriber that suppresses a refusal can roll back to a savepoint only in a batch of one.
        """
        digests: dict[UUID, str] = {}
        for message in messages:
            if message.event:
                digests.setdefault(message.event.id, message.digest)
        with shared_transaction() if len(messages) > 1 else transaction.atomic():
            new = InboxEntry.objects.insert_new(self.consumer, digests)
            failpoint("consumer.after_inbox")
            if len(new) < len(digests):
                known = InboxEntry.objects.filter(consumer=self.consumer, event_id__in=digests.keys() - new)
                digests.update(known.values_list("event_id", "digest"))
            return [self._handle_one(message, digests, new) for message in messages]

    def id_reuse_error(self, message: InboundMessage) -> str:
        """An error if the event's id was received before with another content, else an empty string."""
        if message.event is None:
            return ""
        known = InboxEntry.objects.filter(consumer=self.consumer, event_id=message.event.id)
        return _ID_REUSED if known.exclude(digest=message.digest).exists() else ""

    def quarantine(self, message: InboundMessage, *, reason: str) -> None:
        """Move a message into quarantine until it is replayed. Raises DatabaseUnavailable."""
        with detecting_database_outage():
            self._quarantine(message, reason)
        self._count(InboxOutcome.QUARANTINED)
        self._log(message, InboxOutcome.QUARANTINED)

    def _handle_one(
        self, message: InboundMessage, digests: Mapping[UUID, str], new: set[UUID]
    ) -> InboxOutcome:
        event = message.event
        if message.error:
            return self._quarantine(message, message.error)
        if event is None:
            return InboxOutcome.IGNORED
        if digests[event.id] != message.digest:
            return self._quarantine(message, _ID_REUSED)
        if event.id not in new:
            return InboxOutcome.DUPLICATE
        new.discard(event.id)  # the same batch may contain it twice
        with request_context(_caused_by(event)):
            self._subscribers[event.type](event)
        return InboxOutcome.HANDLED

    def _quarantine(self, message: InboundMessage, reason: str) -> InboxOutcome:
        QuarantinedMessage.objects.quarantine(
            consumer=self.consumer,
            payload=message.payload,
            digest=message.digest,
            reason=reason,
            event_id=message.header.id,
            event_type=message.header.type,
        )
        return InboxOutcome.QUARANTINED

    def _log(self, message: InboundMessage, outcome: InboxOutcome) -> None:
        """Log, after the commit, a message that was handled or quarantined."""
        if outcome is not InboxOutcome.HANDLED and outcome is not InboxOutcome.QUARANTINED:
            return
        write = log.info if outcome is InboxOutcome.HANDLED else log.error
        header, event = message.header, message.event
        with request_context(_caused_by(event)) if event else nullcontext():
            write(f"event_{outcome.value}", consumer=self.consumer, type=header.type, event_id=str(header.id))

    def _count(self, *outcomes: InboxOutcome) -> None:
        for outcome, count in Counter(outcomes).items():
            RECEIVED.labels(self.consumer, outcome.value).inc(count)

    def _handle_individually(self, messages: Sequence[InboundMessage]) -> list[HandlingResult]:
        results, failed = [], set()
        for message in messages:
            if message.event and message.event.subject in failed:
                results.append(_BLOCKED)
                continue
            [result] = self.handle([message])
            if result.status is HandlingStatus.FAILED and message.event:
                failed.add(message.event.subject)
            results.append(result)
        return results


def describe_error(error: Exception) -> str:
    """One line about an error, without the values that a database or a refusal repeats after it."""
    if isinstance(error, Refused):
        return "refused: " + ", ".join(refusal.code for refusal in error.refusals)
    first_line = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {first_line}"


def _caused_by(event: ReceivedEvent) -> RequestContext:
    return RequestContext(door="event", correlation_id=event.correlationid, causation_id=str(event.id))


def _failed(error: Exception) -> HandlingResult:
    # A database error, such as a column not yet migrated, usually takes longer to be fixed.
    delay = RETRY_DELAY_SECONDS * 4 if isinstance(error, DatabaseError) else RETRY_DELAY_SECONDS
    return HandlingResult(status=HandlingStatus.FAILED, reason=describe_error(error), retry_delay=delay)
