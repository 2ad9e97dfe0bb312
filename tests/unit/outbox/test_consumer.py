"""A consumer between delivery and ack, with an inbox that does as it is told."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest

from outbox.consumer import Consumer, Delivery
from outbox.envelope import ReceivedEvent
from outbox.inbox import Arrival, DatabaseAway, HandlingResult, HandlingStatus, Inbox, Label


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class ScriptedInbox(Inbox):
    """Fails the messages whose payload is listed, and keeps record of all."""

    def __init__(self) -> None:
        super().__init__("shelf", {})
        self.failing: set[bytes] = set()
        self.away = False
        self.taken: list[bytes] = []
        self.quarantined: dict[bytes, str] = {}

    def take(self, arrivals: Sequence[Arrival]) -> list[HandlingResult]:
        if self.away:
            raise DatabaseAway
        verdicts, failed = [], set()
        for arrival in arrivals:
            assert arrival.event
            if arrival.event.subject in failed:
                verdicts.append(HandlingResult(fate=HandlingStatus.HELD))
            elif arrival.payload in self.failing:
                failed.add(arrival.event.subject)
                verdicts.append(HandlingResult(fate=HandlingStatus.FAILED, reason="no", first_wait=1.0))
            else:
                self.taken.append(arrival.payload)
                verdicts.append(HandlingResult(fate=HandlingStatus.SETTLED))
        return verdicts

    def quarantine(self, arrival: Arrival, *, reason: str) -> None:
        self.quarantined[arrival.payload] = reason


class Acks:
    """What the broker was told."""

    def __init__(self) -> None:
        self.said: list[tuple[int, bool]] = []

    def __call__(self, delivery_tag: int, *, multiple: bool) -> None:
        self.said.append((delivery_tag, multiple))


class Desk(NamedTuple):
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
        arrival = Arrival(payload=b"%d" % tag, digest="", label=Label(event.id, event.type), event=event)
        self.consumer.receive(Delivery(arrival=arrival, delivery_tag=tag, failures=failures))

    def handle(self) -> None:
        self.consumer.handle(self.acks)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("outbox.consumer.close_old_connections", lambda: None)
    inbox, clock = ScriptedInbox(), Clock()
    return Desk(inbox, clock, Acks(), Consumer(inbox, clock=clock))


class TestAcknowledging:
    def test_says_one_word_for_all_that_is_settled(self, desk: Desk) -> None:
        for tag in (1, 2, 3):
            desk.receive(tag)
        desk.handle()
        assert desk.acks.said == [(3, True)]

    def test_never_comprises_a_letter_that_waits(self, desk: Desk) -> None:
        desk.inbox.failing = {b"3"}
        for tag in (1, 2, 3, 4, 5):
            desk.receive(tag)
        desk.handle()
        assert desk.acks.said == [(2, True), (4, False), (5, False)]
        desk.receive(6)
        desk.handle()
        assert desk.acks.said[-1] == (6, False)

    def test_says_nothing_while_the_database_is_away(self, desk: Desk) -> None:
        desk.inbox.away = True
        desk.receive(1)
        desk.handle()
        assert desk.acks.said == []
        desk.inbox.away = False
        desk.handle()
        assert desk.acks.said == [], "it looks again only after a while"
        desk.clock.now += 5
        desk.handle()
        assert desk.acks.said == [(1, True)]


class TestAFailedLetter:
    def test_is_tried_again_after_ever_longer_waits_and_then_put_aside(self, desk: Desk) -> None:
        desk.inbox.failing = {b"1"}
        desk.receive(1)
        for wait in (1, 2, 4, 8):
            desk.handle()
            desk.clock.now += wait - 0.1
            desk.handle()
            assert desk.inbox.quarantined == {}
            desk.clock.now += 0.1
        desk.handle()
        assert desk.inbox.quarantined == {b"1": "no"}
        assert desk.acks.said == [(1, True)]

    def test_counts_the_failures_of_earlier_deliveries(self, desk: Desk) -> None:
        desk.inbox.failing = {b"1"}
        desk.receive(1, failures=4)
        desk.handle()
        assert desk.inbox.quarantined == {b"1": "no"}

    def test_holds_up_its_own_aggregate_alone(self, desk: Desk) -> None:
        subject = uuid4()
        desk.inbox.failing = {b"1"}
        desk.receive(1, subject)
        desk.receive(2, subject)
        desk.receive(3)
        desk.handle()
        desk.receive(4, subject)
        desk.handle()
        assert desk.inbox.taken == [b"3"]
        desk.inbox.failing = set()
        desk.clock.now += 1
        desk.handle()
        assert desk.inbox.taken == [b"3", b"1", b"2", b"4"]

    def test_lets_its_aggregate_go_on_once_it_is_put_aside(self, desk: Desk) -> None:
        subject = uuid4()
        desk.inbox.failing = {b"1"}
        desk.receive(1, subject, failures=4)
        desk.receive(2, subject)
        desk.handle()
        assert desk.inbox.taken == [b"2"]


class TestALostConnection:
    def test_makes_it_forget_what_will_come_again(self, desk: Desk) -> None:
        desk.inbox.failing = {b"1"}
        desk.receive(1)
        desk.handle()
        desk.consumer.forget()
        assert not desk.consumer.has_letters
