"""Publishes to RabbitMQ: pipelined, with each message confirmed by its own delivery tag."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import takewhile
from threading import Lock
from time import monotonic

import amqp
import structlog
from amqp import spec

from outbox.broker.connection import TIMEOUT_SECONDS, AmqpChannel, connect
from outbox.broker.topology import Topology
from outbox.envelope import CONTENT_TYPE
from outbox.publishing import OutboundMessage, PublishingUnavailable, PublishResult
from shared_kernel.resilience.breakers import BreakerOpen, breaker
from shared_kernel.resilience.failpoints import failpoint

#: Seconds until a batch must be confirmed as a whole.
CONFIRM_TIMEOUT = 8.0
#: RabbitMQ closes the channel on a larger message, which would fail the whole batch.
MAX_BODY_BYTES = 10_000_000
_PERSISTENT = 2

log = structlog.get_logger(__name__)


class RabbitPublisher:
    """Publishes through the circuit breaker `rabbitmq`, over one connection that any error discards.

    After an error, the next batch declares what is missing at the broker.
    """

    def __init__(self, url: str, topology: Topology) -> None:
        self._url = url
        self._topology = topology
        self._lock = Lock()  # a worker runs its tasks on several threads
        self._channel: _ConfirmingChannel | None = None

    def publish(self, messages: Sequence[OutboundMessage]) -> PublishResult:
        """Publish a batch and wait for the confirm of each message. Raises PublishingUnavailable."""
        try:
            return breaker("rabbitmq").call(self._publish, messages, counts=(PublishingUnavailable,))
        except BreakerOpen as error:
            raise PublishingUnavailable(str(error)) from error

    def _publish(self, messages: Sequence[OutboundMessage]) -> PublishResult:
        with self._lock:
            try:
                if self._channel is None:
                    self._channel = self._connect()
                result = self._channel.publish(messages)
            except Exception as error:  # py-amqp raises AttributeError and more on a lost connection
                confirmed = self._discard_channel()
                raise PublishingUnavailable(f"{type(error).__name__}: {error}", result=confirmed) from error
            if result.failures:
                self._discard_channel()  # the next batch declares everything again
            return result

    def send_heartbeat(self) -> None:
        """Send a heartbeat if one is due, and process what the broker has sent."""
        if self._channel is not None and self._lock.acquire(blocking=False):
            try:
                self._channel.send_heartbeat()
            except Exception as error:  # noqa: BLE001 - see above
                log.info("broker_connection_lost", reason=type(error).__name__)
                self._discard_channel()
            finally:
                self._lock.release()

    def close(self) -> None:
        """Close the connection; the next batch opens another."""
        with self._lock:
            self._discard_channel()

    def _connect(self) -> "_ConfirmingChannel":
        channel = _ConfirmingChannel(self._url, self._topology)
        try:
            self._topology.declare(channel.connection, on_missing=self._topology.republish)
        except BaseException:
            channel.discard()
            raise
        return channel

    def _discard_channel(self) -> PublishResult:
        channel, self._channel = self._channel, None
        return channel.discard() if channel else PublishResult()


class _ConfirmingChannel:
    """A connection with one channel in confirm mode, and the messages that are not yet confirmed.

    py-amqp's own blocking confirm takes any ack for the awaited one, so a late ack confirms the wrong
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
        for event, handler in (
            ("basic_ack", self._on_ack),
            ("basic_nack", self._on_nack),
            ("basic_return", self._on_return),
        ):
            self._channel.events[event].add(handler)
        self._last_tag = 0
        self._unconfirmed: dict[int, int] = {}  # message ids by delivery tag, in rising order
        self._reset()

    def publish(self, messages: Sequence[OutboundMessage]) -> PublishResult:
        """Send all messages, then wait for all confirms."""
        self._reset()
        self.send_heartbeat()
        self._raise_if_blocked()
        self._topology.renew_bindings(self._channel)
        with self.connection.transport.having_timeout(TIMEOUT_SECONDS):
            for message in messages:
                self._send(message)
        failpoint("relay.before_confirm")
        deadline = monotonic() + CONFIRM_TIMEOUT
        while self._unconfirmed:
            self.connection.drain_events(timeout=max(0.001, min(TIMEOUT_SECONDS, deadline - monotonic())))
            self._raise_if_blocked()
        return self._result()

    def send_heartbeat(self) -> None:
        """Send a heartbeat if one is due, and read what has arrived."""
        with suppress(TimeoutError):
            while True:
                self.connection.drain_events(timeout=0)
        self.connection.heartbeat_tick()

    def discard(self) -> PublishResult:
        """Drop the connection without the closing handshake, which a hung broker would never answer."""
        self.connection.collect()
        return self._result()

    def _reset(self) -> None:
        self._confirmed: set[int] = set()
        self._faults: dict[int, str] = {}
        self._sent: dict[str, int] = {}  # message ids by event id

    def _result(self) -> PublishResult:
        return PublishResult(
            confirmed=frozenset(self._confirmed - self._faults.keys()), failures=dict(self._faults)
        )

    def _send(self, message: OutboundMessage) -> None:
        try:
            body = message.payload.encode()
        except UnicodeEncodeError as error:
            self._faults[message.id] = f"not serialisable: {error.reason}"
            return
        if len(body) > MAX_BODY_BYTES:
            self._faults[message.id] = f"too large: {len(body)} bytes"
            return
        event_id = str(message.event_id)
        self._sent[event_id] = message.id
        self._last_tag += 1
        self._unconfirmed[self._last_tag] = message.id
        # Not basic_publish: that polls the socket before each message, which halves the rate.
        mandatory = self._topology.is_mandatory(message.type)
        self._channel.send_method(
            spec.Basic.Publish,
            "Bssbb",
            (0, self._topology.exchange, message.type, mandatory, False),
            amqp.Message(body, content_type=CONTENT_TYPE, delivery_mode=_PERSISTENT, message_id=event_id),
        )

    def _resolve(self, tag: int, multiple: bool) -> list[int]:  # noqa: FBT001 - AMQP's own signature
        if not multiple:
            return [self._unconfirmed.pop(tag)] if tag in self._unconfirmed else []
        tags = list(takewhile(lambda each: each <= tag, self._unconfirmed))
        return [self._unconfirmed.pop(each) for each in tags]

    def _on_ack(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - AMQP's own signature
        self._confirmed.update(self._resolve(tag, multiple))

    def _on_nack(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - AMQP's own signature
        self._faults.update(dict.fromkeys(self._resolve(tag, multiple), "refused by the broker"))

    def _on_return(
        self, error: amqp.AMQPError, _exchange: str, _routing_key: str, returned: amqp.Message
    ) -> None:
        # The broker returns a message before it confirms it.
        message_id = self._sent.get(returned.properties.get("message_id", ""))
        if message_id is not None:
            self._faults[message_id] = f"unroutable: {error.reply_text}"

    def _on_blocked(self, _reason: str) -> None:
        self._blocked = True

    def _on_unblocked(self) -> None:
        self._blocked = False

    def _raise_if_blocked(self) -> None:
        if self._blocked:
            raise ConnectionError("the broker accepts no messages: it is short of memory or disk")
