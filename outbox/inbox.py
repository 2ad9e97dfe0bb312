"""Handling what arrives: an event takes effect once for each consumer, in the transaction of its receipt."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple
from uuid import UUID

import msgspec
import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction

from outbox.envelope import Malformed, ReceivedEvent, read_event
from outbox.metrics import RECEIVED
from outbox.models import InboxReceipt, QuarantinedMessage
from outbox.subscriptions import Subscriber, without_version
from outbox.unit_of_work import shared_transaction
from shared_kernel.domain.errors import Refused
from shared_kernel.resilience.failpoints import failpoint
from shared_kernel.services.request_context import RequestContext, request_context

#: How often a message is tried before it goes into quarantine.
ATTEMPTS_ALLOWED = 5
#: Seconds until a failed message is tried again; each further wait is twice as long.
FIRST_WAIT = 0.5
_REUSED = "the id was used before, for an event with another content"
#: PostgreSQL: connection lost, out of disk or memory, a lock held too long, being shut down. None of it is a
#: message's fault.
_POSTGRESQL_AWAY = ("08", "53", "55P03", "57P")
_SQLITE_AWAY = (
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_READONLY",
    "SQLITE_CANTOPEN",
)

log = structlog.get_logger(__name__)


class DatabaseAway(Exception):
    """Nothing can be handled for now, which is no message's fault."""


class HandlingStatus(Enum):
    """What became of a message. Settled: in effect, received before, of no concern here, or in quarantine."""

    SETTLED = "settled"
    FAILED = "failed"
    HELD = "held behind a failed event of its aggregate"


class Reception(Enum):
    """How a message was received, as it is counted."""

    HANDLED = "handled"
    REPEATED = "repeated"
    PASSED_OVER = "passed_over"
    FAILED = "failed"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlingResult:
    """The fate of a message; a failed one with the reason and the seconds to wait before a first retry."""

    fate: HandlingStatus
    reason: str = ""
    first_wait: float = 0.0


_SETTLED, _HELD = HandlingResult(fate=HandlingStatus.SETTLED), HandlingResult(fate=HandlingStatus.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message as it came. Without an event, and without a flaw, it concerns nobody here."""

    payload: bytes
    digest: str
    label: "Label"
    event: ReceivedEvent | None = None
    flaw: str = ""


class Label(NamedTuple):
    """What can be read of any message, however broken."""

    id: UUID | None = None
    type: str = ""


class Inbox:
    """The messages of one consumer. `passed_over` counts, by type, those that nobody here listens to."""

    def __init__(self, consumer: str, subscribers: Mapping[str, Subscriber]) -> None:
        self.consumer = consumer
        self.passed_over: Counter[str] = Counter()
        self._subscribers = subscribers
        self._known = {without_version(type_) for type_ in subscribers}

    def open(self, payload: bytes) -> Arrival:
        """Read a message and find out whether it can be handled."""
        digest, event, flaw = hashlib.sha256(payload).hexdigest(), None, ""
        try:
            event = read_event(payload)
            label = Label(event.id, event.type)
        except Malformed as malformed:
            flaw, label = f"unreadable: {malformed}", _label(payload)
        if label.type in self._subscribers:
            return Arrival(payload=payload, digest=digest, label=label, event=event, flaw=flaw)
        if label.type and without_version(label.type) not in self._known:
            self.passed_over[label.type] += 1
            return Arrival(payload=payload, digest=digest, label=label)
        return Arrival(
            payload=payload, digest=digest, label=label, flaw=flaw or "unknown version of a known type"
        )

    def take(self, arrivals: Sequence[Arrival]) -> list[HandlingResult]:
        """Handle messages: all in one transaction, or where that fails one by one. Raises DatabaseAway.

        One that fails holds up the later ones of its aggregate, and nobody else.
        """
        try:
            with _noticing_an_absent_database():
                receptions = self.take_together(arrivals)
        except DatabaseAway:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a subscriber raises is that message's failure
            if len(arrivals) > 1:
                return self._one_by_one(arrivals)
            self._count(Reception.FAILED)
            return [_failure(error)]
        self._count(*receptions)
        for arrival, reception in zip(arrivals, receptions, strict=True):
            self._tell(arrival, reception)
        return [_SETTLED] * len(arrivals)

    def take_together(self, arrivals: Sequence[Arrival]) -> list[Reception]:
        """Handle messages in one transaction, or none of them. Raises whatever a subscriber raises.

        A refusal that a subscriber expects can be undone on its own only where it handles a single message.
        """
        digests: dict[UUID, str] = {}
        for arrival in arrivals:
            if arrival.event:
                digests.setdefault(arrival.event.id, arrival.digest)
        with shared_transaction() if len(arrivals) > 1 else transaction.atomic():
            new = InboxReceipt.objects.insert_new(self.consumer, digests)
            failpoint("consumer.after_inbox")
            if len(new) < len(digests):
                known = InboxReceipt.objects.filter(consumer=self.consumer, event_id__in=digests.keys() - new)
                digests.update(known.values_list("event_id", "digest"))
            return [self._take(arrival, digests, new) for arrival in arrivals]

    def reuse(self, arrival: Arrival) -> str:
        """What is wrong with an event's id, if it came before with another content; else nothing."""
        if arrival.event is None:
            return ""
        known = InboxReceipt.objects.filter(consumer=self.consumer, event_id=arrival.event.id)
        return _REUSED if known.exclude(digest=arrival.digest).exists() else ""

    def quarantine(self, arrival: Arrival, *, reason: str) -> None:
        """Put a message aside until somebody replays it. Raises DatabaseAway."""
        with _noticing_an_absent_database():
            self._keep(arrival, reason)
        self._count(Reception.QUARANTINED)
        self._tell(arrival, Reception.QUARANTINED)

    def _take(self, arrival: Arrival, digests: Mapping[UUID, str], new: set[UUID]) -> Reception:
        event = arrival.event
        if arrival.flaw:
            return self._keep(arrival, arrival.flaw)
        if event is None:
            return Reception.PASSED_OVER
        if digests[event.id] != arrival.digest:
            return self._keep(arrival, _REUSED)
        if event.id not in new:
            return Reception.REPEATED
        new.discard(event.id)  # it may have arrived twice in this very batch
        with request_context(_cause(event)):
            self._subscribers[event.type](event)
        return Reception.HANDLED

    def _keep(self, arrival: Arrival, reason: str) -> Reception:
        QuarantinedMessage.objects.keep(
            consumer=self.consumer,
            payload=arrival.payload,
            digest=arrival.digest,
            reason=reason,
            event_id=arrival.label.id,
            event_type=arrival.label.type,
        )
        return Reception.QUARANTINED

    def _tell(self, arrival: Arrival, reception: Reception) -> None:
        """Say, once it is for good, what became of a message that concerns somebody here."""
        if reception is not Reception.HANDLED and reception is not Reception.QUARANTINED:
            return
        say = log.info if reception is Reception.HANDLED else log.error
        label, event = arrival.label, arrival.event
        with request_context(_cause(event)) if event else nullcontext():
            say(f"event_{reception.value}", consumer=self.consumer, type=label.type, event_id=str(label.id))

    def _count(self, *receptions: Reception) -> None:
        for reception, times in Counter(receptions).items():
            RECEIVED.labels(self.consumer, reception.value).inc(times)

    def _one_by_one(self, arrivals: Sequence[Arrival]) -> list[HandlingResult]:
        verdicts, failed = [], set()
        for arrival in arrivals:
            if arrival.event and arrival.event.subject in failed:
                verdicts.append(_HELD)
                continue
            [verdict] = self.take([arrival])
            if verdict.fate is HandlingStatus.FAILED and arrival.event:
                failed.add(arrival.event.subject)
            verdicts.append(verdict)
        return verdicts


def explain(error: Exception) -> str:
    """One line on an error, without the values that a database or a refusal would repeat after it."""
    if isinstance(error, Refused):
        return "refused: " + ", ".join(refusal.code for refusal in error.refusals)
    first_line = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {first_line}"


def _cause(event: ReceivedEvent) -> RequestContext:
    return RequestContext(door="event", correlation_id=event.correlationid, causation_id=str(event.id))


def _failure(error: Exception) -> HandlingResult:
    # A fault of the database's, such as a column not yet migrated, is likelier to be mended in a while.
    first_wait = FIRST_WAIT * 4 if isinstance(error, DatabaseError) else FIRST_WAIT
    return HandlingResult(fate=HandlingStatus.FAILED, reason=explain(error), first_wait=first_wait)


def _label(payload: bytes) -> Label:
    try:
        found = msgspec.json.decode(payload, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Label()
    try:
        id_ = UUID(str(found.get("id")))
    except ValueError:
        id_ = None
    type_ = found.get("type")
    return Label(id_, type_ if isinstance(type_, str) else "")


@contextmanager
def _noticing_an_absent_database() -> Iterator[None]:
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        sqlstate = getattr(error.__cause__, "sqlstate", None) or ""
        sqlite = getattr(error.__cause__, "sqlite_errorname", "")
        if (
            sqlstate.startswith(_POSTGRESQL_AWAY)
            or sqlite.startswith(_SQLITE_AWAY)
            or not connection.is_usable()
        ):
            if not connection.in_atomic_block:
                connection.close()
            raise DatabaseAway(type(error).__name__) from error
        raise
