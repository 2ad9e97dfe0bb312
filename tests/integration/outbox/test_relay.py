"""Which messages go out when, and what is written down of it; the publisher does as it is told."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

import outbox.relay
from outbox import single_flight as flights
from outbox.models import OutboxMessage, RelayLease
from outbox.publishing import Outcome, Outgoing, PublishingUnavailable
from outbox.relay import drain, drain_all
from outbox.single_flight import single_flight
from outbox.tasks import relay_outbox
from tests.conftest import ON_POSTGRESQL
from tests.fakes.ledger import commit, things

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("listening"),
]


class ScriptedPublisher:
    """Publishes all but what it is told to refuse."""

    def __init__(self) -> None:
        self.published: list[Outgoing] = []
        self.faults: dict[int, str] = {}
        self.outage: PublishingUnavailable | None = None

    def publish(self, messages: Sequence[Outgoing]) -> Outcome:
        if self.outage:
            raise self.outage
        good = [message for message in messages if message.id not in self.faults]
        self.published += good
        return Outcome(
            confirmed=frozenset(message.id for message in good),
            faults={message.id: self.faults[message.id] for message in messages if message.id in self.faults},
        )

    def keep_alive(self) -> None:
        pass


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> ScriptedPublisher:
    scripted = ScriptedPublisher()
    monkeypatch.setattr(outbox.relay, "current_publisher", lambda: scripted)
    return scripted


def ids() -> list[int]:
    return list(OutboxMessage.objects.order_by("id").values_list("id", flat=True))


def make_due() -> None:
    OutboxMessage.objects.filter(retry_at__isnull=False).update(
        retry_at=timezone.now() - timedelta(seconds=1)
    )


class TestDraining:
    def test_publishes_the_oldest_first(self, publisher: ScriptedPublisher) -> None:
        commit(*things(5))
        assert drain(limit=3).more
        assert [message.id for message in publisher.published] == ids()[:3]
        assert drain_all(seconds=5).published == 2
        assert not OutboxMessage.objects.filter(published_at=None).exists()

    def test_passes_over_no_event_with_a_lower_id_than_those_published(
        self, publisher: ScriptedPublisher
    ) -> None:
        commit(*things(3))
        late = OutboxMessage.objects.get(id=ids()[1])
        OutboxMessage.objects.filter(id=late.id).delete()
        drain()
        late.save(force_insert=True)
        drain()
        assert [message.id for message in publisher.published] == [late.id - 1, late.id + 1, late.id]

    @pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite has one writer at a time")
    def test_passes_over_no_event_whose_transaction_ended_late(self, publisher: ScriptedPublisher) -> None:
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
            drain()
            may_commit.set()
            [late, _] = slow.result(20)
        assert late < quick
        drain()
        assert [message.id for message in publisher.published] == [quick, late]

    def test_asks_two_small_questions_where_nothing_waits(
        self, publisher: ScriptedPublisher, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        commit(*things(1))
        drain()
        with django_assert_num_queries(2):
            drain()

    def test_is_the_tick_of_the_clock(self, publisher: ScriptedPublisher) -> None:
        commit(*things(1200))
        relay_outbox()
        assert len(publisher.published) == 1200


class TestAnOutage:
    def test_is_no_failed_attempt(self, publisher: ScriptedPublisher) -> None:
        commit(*things(2))
        publisher.outage = PublishingUnavailable("gone")
        assert drain().outage == "gone"
        assert set(OutboxMessage.objects.values_list("attempts", "retry_at", "published_at")) == {
            (0, None, None)
        }

    def test_keeps_what_was_confirmed_before(self, publisher: ScriptedPublisher) -> None:
        commit(*things(2))
        first, second = ids()
        publisher.outage = PublishingUnavailable("gone", outcome=Outcome(confirmed=frozenset({first})))
        assert drain().published == 1
        assert OutboxMessage.objects.filter(published_at=None).get().id == second


class TestAMessageAtFault:
    def test_is_tried_again_for_ever_at_growing_intervals(self, publisher: ScriptedPublisher) -> None:
        commit(*things(1))
        [bad] = ids()
        publisher.faults = {bad: "unroutable"}
        for attempts, wait in ((1, 1), (2, 2), (3, 4), (9, 60), (5000, 60)):
            OutboxMessage.objects.update(attempts=attempts - 1, retry_at=None)
            assert drain().failed == 1
            message = OutboxMessage.objects.get()
            assert (message.attempts, message.failure) == (attempts, "unroutable")
            assert message.retry_at
            assert abs((message.retry_at - timezone.now()).total_seconds() - wait) < 1
            assert drain() == outbox.relay.Drained()
        make_due()
        publisher.faults = {}
        assert drain().published == 1

    def test_holds_the_later_ones_of_its_aggregate_and_nobody_else(
        self, publisher: ScriptedPublisher
    ) -> None:
        poisoned, healthy = things(2)
        commit(poisoned)
        [bad] = ids()
        publisher.faults = {bad: "unroutable"}
        drain()
        later = commit(poisoned, first_version=2)
        others = commit(healthy)
        drain()
        assert [message.event_id for message in publisher.published] == others
        make_due()
        publisher.faults = {}
        drain_all(seconds=5)
        assert [message.event_id for message in publisher.published][-1:] == later

    def test_never_starves_others_however_many_wait_before_them(self, publisher: ScriptedPublisher) -> None:
        walls = things(30)
        commit(*walls)
        publisher.faults = dict.fromkeys(ids(), "unroutable")
        drain()
        commit(*walls * 3, first_version=2)
        good = commit(*things(2))
        assert drain(limit=10).published == 2
        assert [message.event_id for message in publisher.published] == good


class TestSingleFlight:
    def test_lets_one_relay_at_a_time(self, publisher: ScriptedPublisher) -> None:
        commit(*things(1))
        with single_flight() as alone:
            assert alone
            assert elsewhere(lambda: drain().busy)
        assert drain().published == 1

    def test_is_over_when_its_holder_fails(self) -> None:
        with pytest.raises(ZeroDivisionError), single_flight() as alone:
            assert alone / 0
        with single_flight() as alone:
            assert alone

    def test_lets_go_of_a_holder_that_is_frozen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(flights, "LET_GO_AFTER", 1)
        with ExitStack() as frozen:
            frozen.enter_context(single_flight())
            assert not elsewhere(_is_alone)
            assert eventually_alone()
        assert _is_alone()

    def test_holds_no_transaction_open_on_the_database_that_others_write(self) -> None:
        with single_flight():
            assert not connection.in_atomic_block
            if connection.vendor == "sqlite":
                assert RelayLease.objects.get().held_until > timezone.now()


def _is_alone() -> bool:
    with single_flight() as alone:
        return alone


def eventually_alone() -> bool:
    deadline = timezone.now() + timedelta(seconds=5)
    while timezone.now() < deadline:
        if elsewhere(_is_alone):
            return True
    return False


def elsewhere(ask: Callable[[], bool]) -> bool:
    """The answer that another process would get."""
    answers: list[bool] = []

    def other() -> None:
        answers.append(ask())
        connections.close_all()

    thread = Thread(target=other)
    thread.start()
    thread.join()
    return answers[0]
