"""Publishing to RabbitMQ: pipelined, and each message vouched for by its own delivery tag."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import takewhile
from threading import Lock
from time import monotonic

import amqp
import structlog
from amqp import spec

from outbox.broker.connection import PATIENCE, AmqpChannel, connect
from outbox.broker.topology import Topology
from outbox.envelope import CONTENT_TYPE
from outbox.publishing import Outcome, Outgoing, PublishingUnavailable
from shared_kernel.resilience.failpoints import failpoint

#: All confirms of a batch are there within so many seconds, or there is something wrong with the broker.
CONFIRMED_WITHIN = 8.0
#: RabbitMQ closes the channel on a larger message, and with it goes the whole batch.
LARGEST_BODY = 10_000_000
_PERSISTENT = 2

log = structlog.get_logger(__name__)


class RabbitPublisher:
    """Keeps one connection, throws it away at any error, and makes what is missing at the broker."""

    def __init__(self, url: str, topology: Topology) -> None:
        self._url = url
        self._topology = topology
        self._lock = Lock()  # the ticks of a worker run on several threads
        self._channel: _ConfirmingChannel | None = None

    def publish(self, messages: Sequence[Outgoing]) -> Outcome:
        """Publish a batch; returns once the broker has answered for each message."""
        with self._lock:
            try:
                if self._channel is None:
                    self._channel = self._connect()
                outcome = self._channel.publish(messages)
            except Exception as error:  # py-amqp raises AttributeError and more on a lost connection
                settled = self._let_go()
                raise PublishingUnavailable(f"{type(error).__name__}: {error}", outcome=settled) from error
            if outcome.faults:
                self._let_go()  # the next batch finds everything declared anew
            return outcome

    def keep_alive(self) -> None:
        """Answer the broker's heartbeats and notice what it says meanwhile."""
        if self._channel is not None and self._lock.acquire(blocking=False):
            try:
                self._channel.keep_alive()
            except Exception as error:  # noqa: BLE001 - see above
                log.info("broker_connection_lost", reason=type(error).__name__)
                self._let_go()
            finally:
                self._lock.release()

    def close(self) -> None:
        """End the connection; the next batch makes another."""
        with self._lock:
            self._let_go()

    def _connect(self) -> "_ConfirmingChannel":
        channel = _ConfirmingChannel(self._url, self._topology)
        try:
            self._topology.declare(channel.connection, lost=self._topology.send_again)
        except BaseException:
            channel.let_go()
            raise
        return channel

    def _let_go(self) -> Outcome:
        channel, self._channel = self._channel, None
        return channel.let_go() if channel else Outcome()


class _ConfirmingChannel:
    """A connection with one channel in confirm mode, and the messages that the broker has not answered for.

    py-amqp's own way of confirming takes any ack for the awaited one, so a late one vouches for the wrong
    message.
    """

    def __init__(self, url: str, topology: Topology) -> None:
        self._topology = topology
        self._blocked = False
        self.connection = connect(
            url, purpose="relay", on_blocked=self._on_blocked, on_unblocked=self._on_unblocked
        )
        self._channel: AmqpChannel = self.connection.channel()
        self._channel.confirm_select()
        for event, heed in (
            ("basic_ack", self._on_ack),
            ("basic_nack", self._on_nack),
            ("basic_return", self._on_return),
        ):
            self._channel.events[event].add(heed)
        self._last_tag = 0
        self._unanswered: dict[int, int] = {}  # message ids by delivery tag, in rising order
        self._begin()

    def publish(self, messages: Sequence[Outgoing]) -> Outcome:
        """Send all messages, then wait for all answers."""
        self._begin()
        self.keep_alive()
        self._refuse_while_blocked()
        self._topology.renew_bindings(self._channel)
        with self.connection.transport.having_timeout(PATIENCE):
            for message in messages:
                self._send(message)
        failpoint("relay.before_confirm")
        give_up_at = monotonic() + CONFIRMED_WITHIN
        while self._unanswered:
            self.connection.drain_events(timeout=max(0.001, min(PATIENCE, give_up_at - monotonic())))
            self._refuse_while_blocked()
        return self._outcome()

    def keep_alive(self) -> None:
        """Send a heartbeat when it is time for one, and read what has arrived."""
        with suppress(TimeoutError):
            while True:
                self.connection.drain_events(timeout=0)
        self.connection.heartbeat_tick()

    def let_go(self) -> Outcome:
        """Drop the connection, without a word that the broker might not answer."""
        self.connection.collect()
        return self._outcome()

    def _begin(self) -> None:
        self._confirmed: set[int] = set()
        self._faults: dict[int, str] = {}
        self._sent: dict[str, int] = {}  # message ids by event id

    def _outcome(self) -> Outcome:
        return Outcome(confirmed=frozenset(self._confirmed - self._faults.keys()), faults=dict(self._faults))

    def _send(self, message: Outgoing) -> None:
        try:
            body = message.payload.encode()
        except UnicodeEncodeError as error:
            self._faults[message.id] = f"not serialisable: {error.reason}"
            return
        if len(body) > LARGEST_BODY:
            self._faults[message.id] = f"too large: {len(body)} bytes"
            return
        event_id = str(message.event_id)
        self._sent[event_id] = message.id
        self._last_tag += 1
        self._unanswered[self._last_tag] = message.id
        # Not basic_publish: that looks for news from the broker before each message, which halves the rate.
        mandatory = self._topology.must_reach_somebody(message.type)
        self._channel.send_method(
            spec.Basic.Publish,
            "Bssbb",
            (0, self._topology.exchange, message.type, mandatory, False),
            amqp.Message(body, content_type=CONTENT_TYPE, delivery_mode=_PERSISTENT, message_id=event_id),
        )

    def _answered(self, tag: int, multiple: bool) -> list[int]:  # noqa: FBT001 - AMQP's own signature
        if not multiple:
            return [self._unanswered.pop(tag)] if tag in self._unanswered else []
        tags = list(takewhile(lambda each: each <= tag, self._unanswered))
        return [self._unanswered.pop(each) for each in tags]

    def _on_ack(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - AMQP's own signature
        self._confirmed.update(self._answered(tag, multiple))

    def _on_nack(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - AMQP's own signature
        self._faults.update(dict.fromkeys(self._answered(tag, multiple), "refused by the broker"))

    def _on_return(
        self, error: amqp.AMQPError, _exchange: str, _routing_key: str, returned: amqp.Message
    ) -> None:
        # The broker returns a message before it answers for it.
        message_id = self._sent.get(returned.properties.get("message_id", ""))
        if message_id is not None:
            self._faults[message_id] = f"unroutable: {error.reply_text}"

    def _on_blocked(self, _reason: str) -> None:
        self._blocked = True

    def _on_unblocked(self) -> None:
        self._blocked = False

    def _refuse_while_blocked(self) -> None:
        if self._blocked:
            raise ConnectionError("the broker takes no messages: it is short of memory or disk")
