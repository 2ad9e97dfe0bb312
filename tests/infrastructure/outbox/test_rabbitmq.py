"""What only a real broker does: refuse, fall silent, block, lose bindings."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import amqp
import pytest
from pytest_django import Settings

from outbox.bootstrap import current_publisher, current_topology
from outbox.broker.connection import AmqpChannel, connect
from outbox.broker.publisher import MAX_BODY_BYTES, RabbitPublisher
from outbox.broker.topology import Topology, queue_name
from outbox.inbox import MAX_ATTEMPTS
from outbox.models import OutboxMessage, QuarantinedMessage
from outbox.publishing import OutboundMessage
from outbox.relay import drain, drain_all
from shared_kernel.models import Breaker
from shared_kernel.resilience.breakers import breaker
from tests.fakes import ledger
from tests.fakes.ledger import ThingHappened, ThingIgnored, commit, effects, things
from tests.infrastructure.outbox.conftest import Delivery, listener
from tests.services.rabbitmq import RabbitMQ

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.rabbitmq]


@pytest.fixture
def publisher(by_rabbitmq: Delivery) -> RabbitPublisher:
    found = current_publisher()
    assert isinstance(found, RabbitPublisher)
    return found


@contextmanager
def channel(broker_url: str) -> Iterator[AmqpChannel]:
    with connect(broker_url, purpose="test") as connection:
        yield connection.channel()


@contextmanager
def full_queue(broker_url: str) -> Iterator[None]:
    """A queue without room that wants every event, so the broker confirms none."""
    with channel(broker_url) as declaring:
        declaring.queue_declare(
            "full", auto_delete=False, arguments={"x-max-length": 0, "x-overflow": "reject-publish"}
        )
        declaring.queue_bind("full", "library_events", "#")
        yield
        declaring.queue_delete("full")


def received(url: str, queue: str, *, reject_times: int = 0) -> list[amqp.Message]:
    """The first message of a queue, or none after giving messages back so many times."""
    found: list[amqp.Message] = []
    with connect(url, purpose="test") as connection:
        reading = connection.channel()
        reading.basic_qos(0, 1, False)
        reading.basic_consume(queue, callback=found.append)
        for _ in range(reject_times):
            connection.drain_events(timeout=5)
            reading.basic_reject(found.pop().delivery_tag, requeue=True)
        if not reject_times:
            connection.drain_events(timeout=5)
    return found


def waiting_in(asking: AmqpChannel, queue: str) -> int:
    """How many messages a queue has for consumers."""
    count: int = asking.queue_declare(queue, passive=True).message_count
    return count


def message(id_: int = 1, payload: str = "{}", type_: str = "things.thing_happened.v1") -> OutboundMessage:
    return OutboundMessage(
        id=id_, event_id=uuid.uuid4(), type=type_, aggregate_id=uuid.uuid4(), payload=payload
    )


class TestAPublishedMessage:
    def test_is_the_stored_text_byte_for_byte(self, publisher: RabbitPublisher, broker_url: str) -> None:
        [event] = commit(*things(1), note="Grüße")
        drain(current_publisher())
        [found] = received(broker_url, "desk.events")
        assert found.body == OutboxMessage.objects.get().payload.encode()
        assert found.properties["content_type"] == "application/cloudevents+json"
        assert found.properties["delivery_mode"] == 2
        assert found.properties["message_id"] == str(event)
        assert found.delivery_info["routing_key"] == "things.thing_happened.v1"


class TestAMessageAtFault:
    def test_is_told_from_the_good_ones_around_it(self, publisher: RabbitPublisher) -> None:
        batch = [message(1), message(2, "\ud800"), message(3, " " * (MAX_BODY_BYTES + 1)), message(4)]
        outcome = publisher.publish(batch)
        assert outcome.confirmed == {1, 4}
        assert outcome.failures[2].startswith("not serialisable")
        assert outcome.failures[3].startswith("too large")

    def test_is_one_that_should_reach_somebody_and_reaches_nobody(
        self, publisher: RabbitPublisher, broker_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publisher.publish([message()])
        monkeypatch.setattr(Topology, "renew_bindings", lambda *_: None)
        with channel(broker_url) as vandal:
            for context in ledger.SUBSCRIPTIONS:
                vandal.queue_unbind(queue_name(context), "library_events", "things.#")
        outcome = publisher.publish([message(1), message(2, type_="elsewhere.x.v1")])
        assert outcome.confirmed == {2}, "nobody here wants to hear of elsewhere"
        assert outcome.failures == {1: "unroutable: NO_ROUTE"}
        assert publisher.publish([message(1)]).confirmed == {1}, "everything was declared anew"

    @pytest.mark.parametrize("fault", ["nacked", "unroutable", "too large"])
    def test_does_not_count_as_a_failure_of_the_broker(
        self, publisher: RabbitPublisher, broker_url: str, monkeypatch: pytest.MonkeyPatch, fault: str
    ) -> None:
        if fault == "too large":
            monkeypatch.setattr("outbox.broker.publisher.MAX_BODY_BYTES", 1)
        if fault == "unroutable":
            monkeypatch.setattr(Topology, "is_mandatory", lambda *_: True)
        with full_queue(broker_url) if fault == "nacked" else nullcontext():
            commit(*things(1), kind=ThingIgnored if fault == "unroutable" else ThingHappened)
            for attempts in range(1, breaker("rabbitmq").limits.failure_threshold + 2):
                OutboxMessage.objects.update(retry_at=None)
                assert (drain(current_publisher()).failed, OutboxMessage.objects.get().attempts) == (
                    1,
                    attempts,
                )
        row = Breaker.objects.get(name="rabbitmq")
        assert (row.failures, row.state) == (0, "closed")


class TestBindings:
    def test_that_vanish_are_renewed_before_the_next_event(
        self, publisher: RabbitPublisher, broker_url: str
    ) -> None:
        publisher.publish([message()])
        with channel(broker_url) as vandal:
            vandal.queue_unbind("shelf.events", "library_events", "things.#")
            vandal.queue_purge("shelf.events")
        publisher.publish([message()])
        assert received(broker_url, "shelf.events")


class TestDeclaring:
    def test_makes_only_what_is_missing(self, publisher: RabbitPublisher, broker_url: str) -> None:
        lost: list[str] = []
        with connect(broker_url, purpose="test") as connection:
            connection.channel().queue_delete("shelf.events")
            assert current_topology().declare(connection, on_missing=lost.append) == ["shelf"] == lost
            assert current_topology().declare(connection, on_missing=lost.append) == []

    def test_makes_durable_quorum_queues_with_dead_letters(
        self, publisher: RabbitPublisher, rabbitmq: RabbitMQ, broker_url: str
    ) -> None:
        if not rabbitmq.is_ours:
            pytest.skip("its management is not ours")
        listed = rabbitmq.ctl("list_queues", "-p", broker_url.rpartition("/")[2], "name", "type", "arguments")
        rows = {line.split("\t")[0]: line for line in listed.splitlines()}
        assert rows.keys() >= {"shelf.events", "shelf.events.dead", "desk.events", "desk.events.dead"}
        for argument in (
            "quorum",
            "x-delivery-limit",
            "at-least-once",
            "reject-publish",
            "x-single-active-consumer",
        ):
            assert argument in rows["shelf.events"]


class TestAnOutage:
    @pytest.mark.parametrize("url", ["amqp://guest:guest@127.0.0.1:1/", "amqp://nobody:wrong@HOST/nowhere"])
    def test_is_noticed_and_no_messages_fault(
        self, listening: None, settings: Settings, rabbitmq: RabbitMQ, url: str
    ) -> None:
        settings.RABBITMQ_URL = url.replace("HOST", rabbitmq.url.partition("@")[2].rstrip("/"))
        breaker("rabbitmq").reset()
        commit(*things(2))
        drained = drain(current_publisher())
        assert drained.outage
        assert "wrong" not in drained.outage
        assert set(OutboxMessage.objects.values_list("attempts", "published_at")) == {(0, None)}

    def test_that_lasts_opens_the_breaker_which_then_rejects_at_once(
        self, listening: None, settings: Settings
    ) -> None:
        settings.RABBITMQ_URL = "amqp://guest:guest@127.0.0.1:1/"
        breaker("rabbitmq").reset()
        commit(*things(1))
        for _ in range(settings.CIRCUIT_BREAKERS["rabbitmq"]["failure_threshold"]):
            assert "open" not in drain(current_publisher()).outage
        assert "is open until" in drain(current_publisher()).outage
        breaker("rabbitmq").reset()

    def test_of_a_connection_that_was_closed_costs_no_message(
        self, publisher: RabbitPublisher, rabbitmq: RabbitMQ, broker_url: str
    ) -> None:
        commit(*things(1))
        drain(current_publisher())
        rabbitmq.ctl("close_all_connections", "--vhost", broker_url.rpartition("/")[2], "test")
        commit(*things(1))
        publisher.send_heartbeat()
        assert drain(current_publisher()).published == 1


class TestAPoisonousMessage:
    def test_goes_into_quarantine_while_the_others_pass(
        self, by_rabbitmq: Delivery, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("outbox.inbox.RETRY_DELAY_SECONDS", 0.01)
        [bad] = commit(*things(1), poison=True)
        good = commit(*things(3))
        drain_all(current_publisher(), seconds=5)
        listener("shelf").run_until_idle(seconds=1)
        kept = QuarantinedMessage.objects.get(consumer="shelf")
        assert (kept.event_id, kept.reason) == (bad, "Poisoned: this can't be handled")
        assert [effect.event_id for effect in effects("shelf")] == good

    def test_that_the_broker_gave_up_is_tried_once_more_and_quarantined(
        self, by_rabbitmq: Delivery, broker_url: str
    ) -> None:
        bad, good = commit(*things(1), poison=True) + commit(*things(1))
        drain_all(current_publisher(), seconds=5)
        received(broker_url, "shelf.events", reject_times=2 * (MAX_ATTEMPTS + 1))
        with channel(broker_url) as reading:
            deadline = time.monotonic() + 10
            while waiting_in(reading, "shelf.events.dead") < 2:
                assert time.monotonic() < deadline
        listener("shelf").run_until_idle(seconds=0.5)
        kept = QuarantinedMessage.objects.get(consumer="shelf")
        assert (kept.event_id, kept.reason) == (bad, "delivery_limit; Poisoned: this can't be handled")
        assert [effect.event_id for effect in effects("shelf")] == [good]

    @pytest.mark.parametrize("garbage", [b"\x80\x04K\x01.", b"not JSON", b""])
    def test_may_be_anything_at_all(self, by_rabbitmq: Delivery, broker_url: str, garbage: bytes) -> None:
        pickled = {"content_type": "application/x-python-serialize", "content_encoding": "utf-8"}
        with channel(broker_url) as publishing:
            publishing.basic_publish(
                amqp.Message(garbage, **pickled), exchange="library_events", routing_key="things.x"
            )
        good = commit(*things(1))
        by_rabbitmq.deliver()
        assert bytes(QuarantinedMessage.objects.get(consumer="shelf").payload) == garbage
        assert [effect.event_id for effect in effects("shelf")] == good
