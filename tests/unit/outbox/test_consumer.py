"""Batches, retries and acknowledgements of a consumer, over a scripted inbox."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest

from outbox.consumer import Consumer, Delivery
from outbox.database_outage import DatabaseUnavailable
from outbox.envelope import ReceivedEvent
from outbox.inbound import InboundMessage, MessageHeader
from outbox.inbox import HandlingResult, HandlingStatus, Inbox


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class ScriptedInbox(Inbox):
    """Fails the messages whose payload is in `failing`, and records the others."""

    def __init__(self) -> None:
        super().__init__("shelf", {})
        self.failing: set[bytes] = set()
        self.unavailable = False
        self.handled: list[bytes] = []
        self.quarantined: dict[bytes, str] = {}

    def handle(self, messages: Sequence[InboundMessage]) -> list[HandlingResult]:
        if self.unavailable:
            raise DatabaseUnavailable
        results, failed = [], set()
        for message in messages:
            assert message.event
            if message.event.subject in failed:
                results.append(HandlingResult(status=HandlingStatus.BLOCKED))
            elif message.payload in self.failing:
                failed.add(message.event.subject)
                results.append(HandlingResult(status=HandlingStatus.FAILED, reason="no", retry_delay=1.0))
            else:
                self.handled.append(message.payload)
                results.append(HandlingResult(status=HandlingStatus.DONE))
        return results

    def quarantine(self, message: InboundMessage, *, reason: str) -> None:
        self.quarantined[message.payload] = reason


class Acks:
    """Records the acknowledgements."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, bool]] = []

    def __call__(self, delivery_tag: int, *, multiple: bool) -> None:
        self.sent.append((delivery_tag, multiple))


class Setup(NamedTuple):
    inbox: ScriptedInbox
    clock: Clock
    acks: Acks
    consumer: Consumer

    def receive(self, tag: int, subject: UUID | None = None, *, failures: int = 0) -> None:
        event = ReceivedEvent(
            id=uuid4(),
            type="things.thing_happened.v1",
            source="/things",
            subject=subject or uuid4(),
            time=datetime.now(UTC),
            data={},
            aggregateversion=1,
            correlationid="c",
        )
        message = InboundMessage(
            payload=b"%d" % tag, digest="", header=MessageHeader(event.id, event.type), event=event
        )
        self.consumer.receive(Delivery(message=message, delivery_tag=tag, failures=failures))

    def handle(self) -> None:
        self.consumer.handle(self.acks)


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch) -> Setup:
    monkeypatch.setattr("outbox.consumer.close_old_connections", lambda: None)
    inbox, clock = ScriptedInbox(), Clock()
    return Setup(inbox, clock, Acks(), Consumer(inbox, clock=clock))


class TestAcknowledging:
    def test_acknowledges_a_whole_batch_at_once(self, setup: Setup) -> None:
        for tag in (1, 2, 3):
            setup.receive(tag)
        setup.handle()
        assert setup.acks.sent == [(3, True)]

    def test_never_includes_a_delivery_that_is_to_be_retried(self, setup: Setup) -> None:
        setup.inbox.failing = {b"3"}
        for tag in (1, 2, 3, 4, 5):
            setup.receive(tag)
        setup.handle()
        assert setup.acks.sent == [(2, True), (4, False), (5, False)]
        setup.receive(6)
        setup.handle()
        assert setup.acks.sent[-1] == (6, False)

    def test_waits_while_the_database_is_unavailable(self, setup: Setup) -> None:
        setup.inbox.unavailable = True
        setup.receive(1)
        setup.handle()
        assert setup.acks.sent == []
        setup.inbox.unavailable = False
        setup.handle()
        assert setup.acks.sent == [], "it retries after a pause"
        setup.clock.now += 5
        setup.handle()
        assert setup.acks.sent == [(1, True)]


class TestAFailedDelivery:
    def test_is_retried_with_exponential_backoff_and_then_quarantined(self, setup: Setup) -> None:
        setup.inbox.failing = {b"1"}
        setup.receive(1)
        for delay in (1, 2, 4, 8):
            setup.handle()
            setup.clock.now += delay - 0.1
            setup.handle()
            assert setup.inbox.quarantined == {}
            setup.clock.now += 0.1
        setup.handle()
        assert setup.inbox.quarantined == {b"1": "no"}
        assert setup.acks.sent == [(1, True)]

    def test_counts_the_failures_of_earlier_deliveries(self, setup: Setup) -> None:
        setup.inbox.failing = {b"1"}
        setup.receive(1, failures=4)
        setup.handle()
        assert setup.inbox.quarantined == {b"1": "no"}

    def test_blocks_its_own_aggregate_alone(self, setup: Setup) -> None:
        subject = uuid4()
        setup.inbox.failing = {b"1"}
        setup.receive(1, subject)
        setup.receive(2, subject)
        setup.receive(3)
        setup.handle()
        setup.receive(4, subject)
        setup.handle()
        assert setup.inbox.handled == [b"3"]
        setup.inbox.failing = set()
        setup.clock.now += 1
        setup.handle()
        assert setup.inbox.handled == [b"3", b"1", b"2", b"4"]

    def test_unblocks_its_aggregate_once_quarantined(self, setup: Setup) -> None:
        subject = uuid4()
        setup.inbox.failing = {b"1"}
        setup.receive(1, subject, failures=4)
        setup.receive(2, subject)
        setup.handle()
        assert setup.inbox.handled == [b"2"]


class TestALostConnection:
    def test_discards_what_will_be_redelivered(self, setup: Setup) -> None:
        setup.inbox.failing = {b"1"}
        setup.receive(1)
        setup.handle()
        setup.consumer.discard_deliveries()
        assert not setup.consumer.has_deliveries
