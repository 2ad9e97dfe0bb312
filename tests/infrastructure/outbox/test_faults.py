"""Whatever is killed, stopped or deleted: each committed event takes effect once, in its order."""

import signal
import time
import uuid
from collections import Counter
from collections.abc import Iterator

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from outbox.bootstrap import current_publisher
from outbox.broker.connection import connect
from outbox.broker.publisher import RabbitPublisher
from outbox.models import OutboxMessage, RelayLease
from outbox.relay import drain, drain_all
from shared_kernel.resilience.breakers import breaker
from tests.fakes.ledger import commit, effects, things
from tests.infrastructure.outbox.conftest import Delivery, listener, purge
from tests.infrastructure.outbox.processes import Processes, Resident, eventually
from tests.services.rabbitmq import RabbitMQ, rabbitmq

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.rabbitmq]


@pytest.fixture(scope="module")
def own_broker() -> Iterator[RabbitMQ]:
    """A broker that these tests alone use, and hurt."""
    broker = rabbitmq(private=True)
    if not isinstance(broker, RabbitMQ):
        pytest.skip(broker.reason)
    yield broker
    broker.stop()


@pytest.fixture
def processes(
    own_broker: RabbitMQ, settings: Settings, listening: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Processes]:
    settings.RABBITMQ_URL = own_broker.url
    purge(own_broker.url)
    found = Processes(own_broker.url, tmp_path_factory.mktemp("logs"))
    yield found
    found.end()


@pytest.fixture
def residents(processes: Processes) -> list[Resident]:
    """A relay and both consumers, at work."""
    started = [
        processes.start("relay_outbox"),
        processes.start("consume_events", "shelf"),
        processes.start("consume_events", "desk"),
    ]
    for consumer in started[1:]:
        consumer.wait_for("Connected to")
    return started


def in_effect_once(events: list[uuid.UUID], residents: list[Resident] | None = None) -> None:
    """Wait until each event is in effect with both contexts, and see that it is so once and in order."""
    logs = [resident.log for resident in residents or []]
    eventually(
        lambda: (
            {effect.event_id for effect in effects()} >= set(events) and len(effects()) >= 2 * len(events)
        ),
        *logs,
    )
    for context in ("shelf", "desk"):
        assert Counter(effect.event_id for effect in effects(context)) == Counter(events)
        seen: dict[uuid.UUID, int] = {}
        for effect in effects(context):
            assert effect.version > seen.get(effect.subject, 0), "out of order"
            seen[effect.subject] = effect.version


def let_the_lease_run_out() -> None:
    """As fifteen seconds would: where no lock dies with its holder, a killed one's lease lasts."""
    RelayLease.objects.update(held_until=timezone.now())


class TestARelayThatIsKilled:
    @pytest.mark.parametrize("place", ["relay.after_claim", "relay.before_confirm", "relay.before_mark"])
    def test_loses_nothing_and_doubles_no_effect(self, processes: Processes, place: str) -> None:
        events = commit(*things(3) * 20)
        processes.run_until_killed("relay_outbox", "--once", at=place)
        assert OutboxMessage.objects.filter(published_at=None).count() == len(events)
        let_the_lease_run_out()
        assert drain_all(current_publisher(), seconds=10).published == len(events)
        for context in ("shelf", "desk"):
            listener(context).run_until_idle()
        in_effect_once(events)


class TestAConsumerThatIsKilled:
    @pytest.mark.parametrize("place", ["consumer.after_inbox", "consumer.before_ack"])
    def test_loses_nothing_and_doubles_no_effect(self, processes: Processes, place: str) -> None:
        current_publisher.cache_clear()
        events = commit(*things(3) * 20)
        drain_all(current_publisher(), seconds=10)
        listener("desk").run_until_idle()
        processes.run_until_killed("consume_events", "shelf", at=place)
        assert len(effects("shelf")) == (0 if place == "consumer.after_inbox" else len(events))
        listener("shelf").run_until_idle()
        in_effect_once(events)


class TestResidents:
    def test_survive_their_broker_and_their_database(
        self, processes: Processes, residents: list[Resident], own_broker: RabbitMQ
    ) -> None:
        """One test for all faults, each on top of the last, as the processes see it in life."""
        subjects = things(2)
        self.expected: list[uuid.UUID] = []
        self.subjects, self.residents, self.version = subjects, residents, 0
        self.goes_well()

        own_broker.stop_app()
        meanwhile = self.commit(5)
        eventually(lambda: "broker_away" in residents[0].log.read_text(), residents[0].log)
        own_broker.start_app()
        self.goes_well(*meanwhile)

        with connect(own_broker.url, purpose="test") as vandal:
            vandal.channel().queue_unbind("shelf.events", "library_events", "things.#")
        self.goes_well()

        with connect(own_broker.url, purpose="test") as vandal:
            vandal.channel().exchange_delete("library_events")
        self.goes_well()

        with connect(own_broker.url, purpose="test") as vandal:
            vandal.channel().queue_delete("shelf.events")
        self.goes_well()

        own_broker.ctl("close_all_connections", "test")
        self.goes_well()

        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            self.goes_well()

        for resident in residents:
            began = time.monotonic()
            assert resident.stop() == 0
            assert time.monotonic() - began < 10

    def commit(self, rounds: int) -> list[uuid.UUID]:
        events = commit(*self.subjects * rounds, first_version=self.version + 1)
        self.version += rounds
        return events

    def goes_well(self, *before: uuid.UUID) -> None:
        self.expected += [*before, *self.commit(10)]
        in_effect_once(self.expected, self.residents)

    def test_is_stopped_by_ctrl_c_with_status_130(self, processes: Processes, own_broker: RabbitMQ) -> None:
        relay = processes.start("consume_events", "desk")
        relay.wait_for("Connected to")
        assert relay.stop(signal.SIGINT) == 130


class TestTwoRelays:
    def test_publish_each_event_once_and_in_order(self, processes: Processes) -> None:
        events: list[uuid.UUID] = []
        relays = [processes.start("relay_outbox"), processes.start("relay_outbox")]
        subjects = things(4)
        for version in range(1, 60):
            events += commit(*subjects, first_version=version)
        eventually(lambda: not OutboxMessage.objects.filter(published_at=None).exists(), relays[0].log)
        with connect(processes.broker_url, purpose="test") as reader:
            _, count, _ = reader.channel().queue_declare("desk.events", passive=True)
        assert count == len(events)
        for context in ("shelf", "desk"):
            listener(context).run_until_idle()
        in_effect_once(events)


class TestALostQueue:
    def test_is_made_again_with_what_its_context_had_not_received(
        self, by_rabbitmq: Delivery, broker_url: str
    ) -> None:
        events = commit(*things(3))
        by_rabbitmq.deliver()
        lost = commit(*things(3))
        drain_all(current_publisher(), seconds=10)
        listener("desk").run_until_idle()
        with connect(broker_url, purpose="test") as vandal:
            vandal.channel().queue_delete("shelf.events")
        assert {effect.event_id for effect in effects("shelf")} == set(events)
        listener("shelf").run_until_idle()
        by_rabbitmq.deliver()
        in_effect_once([*events, *lost])


class TestABrokerThatAnswersNothing:
    @pytest.fixture
    def publisher(
        self, own_broker: RabbitMQ, settings: Settings, listening: None
    ) -> Iterator[RabbitPublisher]:
        settings.RABBITMQ_URL = own_broker.url
        purge(own_broker.url)
        breaker("rabbitmq").reset()
        publisher = current_publisher()
        assert isinstance(publisher, RabbitPublisher)
        yield publisher
        publisher.close()

    def test_makes_the_relay_wait_a_few_seconds_and_blames_no_message(
        self, publisher: RabbitPublisher, own_broker: RabbitMQ
    ) -> None:
        commit(*things(2))
        assert drain(current_publisher(), limit=1).published == 1
        own_broker.freeze()
        try:
            for _ in range(2):  # on the old connection, then on a new one
                began = time.monotonic()
                assert drain(current_publisher()).outage
                assert time.monotonic() - began < 5
        finally:
            own_broker.thaw()
        assert OutboxMessage.objects.filter(attempts=0, published_at=None).count() == 1
        assert drain(current_publisher()).published == 1

    def test_is_told_from_one_that_is_short_of_memory(
        self, publisher: RabbitPublisher, own_broker: RabbitMQ
    ) -> None:
        commit(*things(1))
        drain(current_publisher())
        own_broker.ctl("set_vm_memory_high_watermark", "absolute", "1")
        try:
            commit(*things(1))
            began = time.monotonic()
            assert "short of memory" in drain(current_publisher()).outage
            assert time.monotonic() - began < 5
        finally:
            own_broker.ctl("set_vm_memory_high_watermark", "0.4")
        assert drain(current_publisher()).published == 1
