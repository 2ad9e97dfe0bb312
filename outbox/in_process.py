"""The publisher without a broker: delivers each event to the consumers' inboxes in this process."""

from collections.abc import Sequence
from time import monotonic
from uuid import UUID

from outbox.database_outage import DatabaseUnavailable
from outbox.inbox import MAX_ATTEMPTS, HandlingResult, HandlingStatus, Inbox
from outbox.publishing import OutboundMessage, PublishingUnavailable, PublishResult
from outbox.subscriptions import Subscriptions
from shared_kernel.resilience.failpoints import failpoint

#: The most events handled in one transaction: SQLite allows no other writer meanwhile.
CHUNK_SIZE = 20
#: After so many seconds the rest of a batch is left for the next one.
MAX_BATCH_SECONDS = 5.0


class InProcessPublisher:
    """An event is published once every consumer of its type has handled or quarantined it.

    As with a broker, a message goes into quarantine after five failed attempts. Until then it blocks the
    later events of its aggregate for all consumers, but no others.
    """

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._types = {consumer: frozenset(types) for consumer, types in subscriptions.items()}
        self._inboxes = {consumer: Inbox(consumer, types) for consumer, types in subscriptions.items()}

    def publish(self, messages: Sequence[OutboundMessage]) -> PublishResult:
        """Deliver messages in order. Raises PublishingUnavailable during a database outage."""
        confirmed: set[int] = set()
        failures: dict[int, str] = {}
        blocked: set[UUID] = set()
        deadline = monotonic() + MAX_BATCH_SECONDS
        for start in range(0, len(messages), CHUNK_SIZE):
            if monotonic() > deadline:
                break
            chunk = [
                each for each in messages[start : start + CHUNK_SIZE] if each.aggregate_id not in blocked
            ]
            try:
                undelivered = self._deliver(chunk)
            except DatabaseUnavailable as unavailable:
                result = PublishResult(confirmed=frozenset(confirmed), failures=failures)
                raise PublishingUnavailable(str(unavailable), result=result) from unavailable
            confirmed.update(each.id for each in chunk if each.id not in undelivered)
            failures.update({id_: reason for id_, reason in undelivered.items() if reason})
            blocked.update(each.aggregate_id for each in chunk if each.id in undelivered)
            failpoint("relay.before_confirm")
        return PublishResult(confirmed=frozenset(confirmed), failures=failures)

    def send_heartbeat(self) -> None:
        """Do nothing: there is no connection."""

    def _deliver(self, chunk: Sequence[OutboundMessage]) -> dict[int, str]:
        """Deliver to all consumers; return the ids of those still open, with the reason if one failed."""
        undelivered: dict[int, str] = {}
        for consumer, inbox in self._inboxes.items():
            outbound = [message for message in chunk if message.type in self._types[consumer]]
            inbound = [inbox.parse(message.payload.encode(errors="surrogatepass")) for message in outbound]
            for sent, received, result in zip(outbound, inbound, inbox.handle(inbound), strict=True):
                if result.status is HandlingStatus.FAILED and sent.attempts + 1 >= MAX_ATTEMPTS:
                    inbox.quarantine(received, reason=result.reason)
                elif result.status is not HandlingStatus.DONE:
                    undelivered[sent.id] = _reason(consumer, result) or undelivered.get(sent.id, "")
        return undelivered


def _reason(consumer: str, result: HandlingResult) -> str:
    return f"{consumer}: {result.reason}" if result.reason else ""
