"""Which messages the relay publishes when, and what it records, over a scripted publisher."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from outbox import single_flight as flights
from outbox.models import OutboxMessage, RelayLease
from outbox.publishing import OutboundMessage, PublishingUnavailable, PublishResult
from outbox.relay import DrainResult, drain, drain_all
from outbox.single_flight import single_flight
from outbox.tasks import relay_outbox
from tests.conftest import ON_POSTGRESQL
from tests.fakes.ledger import commit, things

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("listening"),
]


class ScriptedPublisher:
    """Publishes all messages but those in `failures`."""

    def __init__(self) -> None:
        self.published: list[OutboundMessage] = []
        self.failures: dict[int, str] = {}
        self.outage: PublishingUnavailable | None = None

    def publish(self, messages: Sequence[OutboundMessage]) -> PublishResult:
        if self.outage:
            raise self.outage
        good = [message for message in messages if message.id not in self.failures]
        self.published += good
        return PublishResult(
            confirmed=frozenset(message.id for message in good),
            failures={
                message.id: self.failures[message.id] for message in messages if message.id in self.failures
            },
        )

    def send_heartbeat(self) -> None:
        pass


@pytest.fixture
def publisher() -> ScriptedPublisher:
    return ScriptedPublisher()


def ids() -> list[int]:
    return list(OutboxMessage.objects.order_by("id").values_list("id", flat=True))


def make_due() -> None:
    OutboxMessage.objects.filter(retry_at__isnull=False).update(
        retry_at=timezone.now() - timedelta(seconds=1)
    )


class TestDraining:
    def test_publishes_the_oldest_first(self, publisher: ScriptedPublisher) -> None:
        commit(*things(5))
        assert drain(publisher, limit=3).more
        assert [message.id for message in publisher.published] == ids()[:3]
        assert drain_all(publisher, seconds=5).published == 2
        assert not OutboxMessage.objects.filter(published_at=None).exists()

    def test_skips_no_event_with_a_lower_id_than_those_published(self, publisher: ScriptedPublisher) -> None:
        commit(*things(3))
        late = OutboxMessage.objects.get(id=ids()[1])
        OutboxMessage.objects.filter(id=late.id).delete()
        drain(publisher)
        late.save(force_insert=True)
        drain(publisher)
        assert [message.id for message in publisher.published] == [late.id - 1, late.id + 1, late.id]

    @pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite has one writer at a time")
    def test_skips_no_event_of_a_slow_transaction(self, publisher: ScriptedPublisher) -> None:
        inserted, may_commit = Event(), Event()

        def commit_late() -> list[int]:
            try:
                with transaction.atomic():
                    commit(*things(1))
                    inserted.set()
                    assert may_commit.wait(20)
                    return ids()
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as thread:
            slow = thread.submit(commit_late)
            assert inserted.wait(20)
            commit(*things(1))
            [quick] = ids()
            drain(publisher)
            may_commit.set()
            [late, _] = slow.result(20)
        assert late < quick
        drain(publisher)
        assert [message.id for message in publisher.published] == [quick, late]

    def test_costs_two_small_queries_if_nothing_is_pending(
        self, publisher: ScriptedPublisher, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        commit(*things(1))
        drain(publisher)
        with django_assert_num_queries(2):
            drain(publisher)

    def test_runs_as_a_periodic_task(
        self, publisher: ScriptedPublisher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("outbox.tasks.current_publisher", lambda: publisher)
        commit(*things(1200))
        relay_outbox()
        assert len(publisher.published) == 1200


class TestAnOutage:
    def test_is_no_failed_attempt(self, publisher: ScriptedPublisher) -> None:
        commit(*things(2))
        publisher.outage = PublishingUnavailable("gone")
        assert drain(publisher).outage == "gone"
        assert set(OutboxMessage.objects.values_list("attempts", "retry_at", "published_at")) == {
            (0, None, None)
        }

    def test_keeps_what_was_confirmed_before(self, publisher: ScriptedPublisher) -> None:
        commit(*things(2))
        first, second = ids()
        publisher.outage = PublishingUnavailable("gone", result=PublishResult(confirmed=frozenset({first})))
        assert drain(publisher).published == 1
        assert OutboxMessage.objects.filter(published_at=None).get().id == second


class TestAFailingMessage:
    def test_is_retried_for_ever_at_growing_intervals(self, publisher: ScriptedPublisher) -> None:
        commit(*things(1))
        [bad] = ids()
        publisher.failures = {bad: "unroutable"}
        for attempts, delay in ((1, 1), (2, 2), (3, 4), (9, 60), (5000, 60)):
            OutboxMessage.objects.update(attempts=attempts - 1, retry_at=None)
            assert drain(publisher).failed == 1
            message = OutboxMessage.objects.get()
            assert (message.attempts, message.failure) == (attempts, "unroutable")
            assert message.retry_at
            assert abs((message.retry_at - timezone.now()).total_seconds() - delay) < 1
            assert drain(publisher) == DrainResult()
        make_due()
        publisher.failures = {}
        assert drain(publisher).published == 1

    def test_blocks_the_later_ones_of_its_aggregate_alone(self, publisher: ScriptedPublisher) -> None:
        poisoned, healthy = things(2)
        commit(poisoned)
        [bad] = ids()
        publisher.failures = {bad: "unroutable"}
        drain(publisher)
        later = commit(poisoned, first_version=2)
        others = commit(healthy)
        drain(publisher)
        assert [message.event_id for message in publisher.published] == others
        make_due()
        publisher.failures = {}
        drain_all(publisher, seconds=5)
        assert [message.event_id for message in publisher.published][-1:] == later

    def test_never_starves_others_however_many_are_before_them(self, publisher: ScriptedPublisher) -> None:
        failing = things(30)
        commit(*failing)
        publisher.failures = dict.fromkeys(ids(), "unroutable")
        drain(publisher)
        commit(*failing * 3, first_version=2)
        good = commit(*things(2))
        assert drain(publisher, limit=10).published == 2
        assert [message.event_id for message in publisher.published] == good


class TestSingleFlight:
    def test_allows_one_relay_at_a_time(self, publisher: ScriptedPublisher) -> None:
        commit(*things(1))
        with single_flight() as acquired:
            assert acquired
            assert elsewhere(lambda: drain(publisher).busy)
        assert drain(publisher).published == 1

    def test_ends_when_its_holder_fails(self) -> None:
        with pytest.raises(ZeroDivisionError), single_flight() as acquired:
            assert acquired / 0
        with single_flight() as acquired:
            assert acquired

    def test_expires_if_its_holder_is_frozen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(flights, "LOCK_TIMEOUT_SECONDS", 1)
        with ExitStack() as frozen:
            frozen.enter_context(single_flight())
            assert not elsewhere(_acquires)
            assert eventually_acquired()
        assert _acquires()

    def test_holds_no_transaction_open_on_the_database_that_others_write(self) -> None:
        with single_flight():
            assert not connection.in_atomic_block
            if connection.vendor == "sqlite":
                assert RelayLease.objects.get().held_until > timezone.now()


def _acquires() -> bool:
    with single_flight() as acquired:
        return acquired


def eventually_acquired() -> bool:
    deadline = timezone.now() + timedelta(seconds=5)
    while timezone.now() < deadline:
        if elsewhere(_acquires):
            return True
    return False


def elsewhere(function: Callable[[], bool]) -> bool:
    """The result in another thread, with its own connection."""
    results: list[bool] = []

    def other() -> None:
        results.append(function())
        connections.close_all()

    thread = Thread(target=other)
    thread.start()
    thread.join()
    return results[0]
