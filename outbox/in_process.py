"""Publishing where there is no broker: each event is handed, in this process, to the consumers' inboxes."""

from collections.abc import Sequence
from time import monotonic
from uuid import UUID

from outbox.inbox import ATTEMPTS_ALLOWED, DatabaseAway, HandlingResult, HandlingStatus, Inbox
from outbox.publishing import Outcome, Outgoing, PublishingUnavailable
from outbox.subscriptions import Subscriptions
from shared_kernel.resilience.failpoints import failpoint

#: So many events take effect in one transaction: SQLite lets nobody else write meanwhile.
TOGETHER = 20
#: After so many seconds the rest of a batch is left for the next one.
LONGEST_BATCH = 5.0


class InProcessPublisher:
    """An event is published once each consumer that listens to its type has its receipt, or gave it up.

    A consumer gives up on a message as it does with a broker: after five attempts it goes into quarantine.
    Until then the later events of that aggregate wait, for all consumers; nobody else does.
    """

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._types = {consumer: frozenset(types) for consumer, types in subscriptions.items()}
        self._inboxes = {consumer: Inbox(consumer, types) for consumer, types in subscriptions.items()}

    def publish(self, messages: Sequence[Outgoing]) -> Outcome:
        """Let the messages take effect, in order. Raises PublishingUnavailable where the database is away."""
        confirmed: set[int] = set()
        faults: dict[int, str] = {}
        stuck: set[UUID] = set()
        give_up_at = monotonic() + LONGEST_BATCH
        for start in range(0, len(messages), TOGETHER):
            if monotonic() > give_up_at:
                break
            chunk = [each for each in messages[start : start + TOGETHER] if each.aggregate_id not in stuck]
            try:
                unsettled = self._deliver(chunk)
            except DatabaseAway as away:
                settled = Outcome(confirmed=frozenset(confirmed), faults=faults)
                raise PublishingUnavailable(str(away), outcome=settled) from away
            confirmed.update(each.id for each in chunk if each.id not in unsettled)
            faults.update({id_: reason for id_, reason in unsettled.items() if reason})
            stuck.update(each.aggregate_id for each in chunk if each.id in unsettled)
            failpoint("relay.before_confirm")
        return Outcome(confirmed=frozenset(confirmed), faults=faults)

    def keep_alive(self) -> None:
        """There is no connection to keep."""

    def _deliver(self, chunk: Sequence[Outgoing]) -> dict[int, str]:
        """Hand out messages; answer those not settled with each consumer, with the reason if one failed."""
        unsettled: dict[int, str] = {}
        for consumer, inbox in self._inboxes.items():
            wanted = [message for message in chunk if message.type in self._types[consumer]]
            arrivals = [inbox.open(message.payload.encode(errors="surrogatepass")) for message in wanted]
            for message, arrival, verdict in zip(wanted, arrivals, inbox.take(arrivals), strict=True):
                if verdict.fate is HandlingStatus.FAILED and message.attempts + 1 >= ATTEMPTS_ALLOWED:
                    inbox.quarantine(arrival, reason=verdict.reason)
                elif verdict.fate is not HandlingStatus.SETTLED:
                    unsettled[message.id] = _reason(consumer, verdict) or unsettled.get(message.id, "")
        return unsettled


def _reason(consumer: str, verdict: HandlingResult) -> str:
    return f"{consumer}: {verdict.reason}" if verdict.reason else ""
