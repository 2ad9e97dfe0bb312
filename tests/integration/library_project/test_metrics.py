"""What Prometheus is told: counts of what happened, looks at what is, and nobody's name."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries

from library_project.celery import app
from outbox.models import InboxEntry, OutboxMessage, QuarantinedMessage
from outbox.tasks import relay_outbox
from patrons.models import ChannelPauseRow, NoticeRow
from shared_kernel.models import Breaker, JobRun
from tests.integration.conftest import Token
from tests.services.directory import ROOT

COUNT_ONE = """
import django; django.setup()
from shared_kernel.metrics import REQUESTS
REQUESTS.labels("GET", "/of-another-process", 200).inc()
"""
ASK = """
import django; django.setup()
from django.test import Client
client = Client(headers={"host": "localhost"})
assert client.get("/health").status_code == 200
answer = client.get("/metrics")
assert answer.status_code == 200
print(answer.content.decode())
"""
BORROWED = "lending.book_borrowed.v1"

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Told:
    """What /metrics answered."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.samples: Samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float:
        return self.samples.get((name, frozenset(labels.items())), 0.0)


def told() -> Told:
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    return Told(answer.content.decode())


def published(*, seconds_ago: float, received_by: tuple[str, ...] = (), type_: str = BORROWED) -> None:
    """An event that was published so long ago, and received by these."""
    at = timezone.now() - timedelta(seconds=seconds_ago)
    event = OutboxMessage.objects.create(
        event_id=uuid4(),
        type=type_,
        aggregate_id=uuid4(),
        aggregate_version=1,
        payload="{}",
        recorded_at=at,
        published_at=at,
    )
    for consumer in received_by:
        InboxEntry.objects.create(consumer=consumer, event_id=event.event_id, digest="0" * 64, received_at=at)


def notice(state: str, *, due_seconds_ago: float = 0.0) -> None:
    due_at = timezone.now() - timedelta(seconds=due_seconds_ago)
    NoticeRow.objects.create(
        id=uuid4(),
        event_id=uuid4(),
        kind="loan_receipt",
        channel="email",
        patron_id=uuid4(),
        params={},
        state=state,
        owed_at=due_at,
        next_attempt_at=due_at,
    )


def add_book(token: Token, **more: str) -> int:
    """The status of the answer."""
    book = {"title": "Notes", "authors": ["Ada"], **more}
    headers = token("catalog:write")
    answer = Client().post("/api/v1/books", book, content_type="application/json", headers=headers)
    return answer.status_code


@pytest.mark.django_db
class TestRequests:
    def test_are_counted_by_method_route_and_status(self) -> None:
        labels = {"method": "GET", "route": "/books/<id:id>", "status": "404"}
        before = told()("library_http_requests_total", **labels)
        for _ in range(2):
            Client().get(f"/books/{uuid4()}")
        assert told()("library_http_requests_total", **labels) - before == 2

    def test_are_timed(self) -> None:
        Client().get("/health")
        after = told()
        route = {"method": "GET", "route": "/health"}
        assert after("library_http_request_duration_seconds_count", **route) >= 1
        assert after("library_http_request_duration_seconds_sum", **route) > 0

    @pytest.mark.parametrize("path", ["/ada@example.org", "/api/v1/Ada-Lovelace", "/books/\x00ada"])
    def test_are_never_named_by_their_address(self, path: str) -> None:
        Client().generic("PROPFIND", path)
        after = told()
        assert after("library_http_requests_total", method="other", route="unmatched", status="404") >= 1
        assert "ada" not in after.text.lower()

    def test_of_processes_that_run_at_once_do_not_mix(self) -> None:
        folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
        before = {file.name for file in folder.glob("counter_*.db")}
        waiting = [
            subprocess.Popen(
                [sys.executable, "-c", f"{COUNT_ONE}print(flush=True)\ninput()"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            for _ in range(2)
        ]
        for each in waiting:
            assert each.stdout
            each.stdout.readline()
        during = {file.name for file in folder.glob("counter_*.db")}
        for each in waiting:
            each.communicate(b"\n")
        assert len(during) >= 3  # this process's own, and two more
        subprocess.run([sys.executable, "-c", COUNT_ONE], cwd=ROOT, check=True)
        assert {file.name for file in folder.glob("counter_*.db")} == during | before

    def test_of_all_processes_are_summed(self) -> None:
        of_another = {"method": "GET", "route": "/of-another-process", "status": "200"}
        before = told()("library_http_requests_total", **of_another)
        for _ in range(2):
            subprocess.run([sys.executable, "-c", COUNT_ONE], cwd=ROOT, check=True)
        assert told()("library_http_requests_total", **of_another) - before == 2


@pytest.mark.django_db
class TestCommands:
    def test_are_counted_with_their_refusals(self, token: Token) -> None:
        before = told()
        assert [add_book(token, isbn="9780306406157") for _ in range(2)] == [201, 409]
        after = told()

        def more(name: str, **labels: str) -> float:
            return after(name, **labels) - before(name, **labels)

        assert more("library_commands_total", command="AddBook", outcome="done") == 1
        assert more("library_commands_total", command="AddBook", outcome="refused") == 1
        assert more("library_refusals_total", command="AddBook", code="duplicate_isbn") == 1


@pytest.mark.django_db
class TestTheOutbox:
    def test_tells_how_much_waits_and_since_when(self) -> None:
        published(seconds_ago=90)
        OutboxMessage.objects.update(published_at=None)
        after = told()
        assert after("library_outbox_pending") == 1
        assert after("library_outbox_oldest_age_seconds") == pytest.approx(90, abs=5)
        assert after("library_outbox_failing") == 0

    def test_tells_what_is_at_fault_itself(self) -> None:
        published(seconds_ago=90)
        OutboxMessage.objects.update(published_at=None, attempts=1, retry_at=timezone.now())
        after = told()
        assert (after("library_outbox_pending"), after("library_outbox_failing")) == (0, 1)

    def test_counts_what_was_relayed_and_how_it_was_received(self, token: Token) -> None:
        before = told()
        add_book(token)
        call_command("relay_outbox", once=True, verbosity=0)
        after = told()
        relayed = {"outcome": "published"}
        assert (
            after("library_relay_events_total", **relayed) - before("library_relay_events_total", **relayed)
            == 1
        )


@pytest.mark.django_db
class TestAConsumer:
    def test_that_received_all_has_no_lag(self) -> None:
        published(seconds_ago=90, received_by=("catalog", "patrons"))
        after = told()
        assert after("library_consumer_lag_seconds", consumer="patrons") == 0

    def test_that_is_behind_has_the_lag_of_the_oldest_event_it_has_still_to_receive(self) -> None:
        published(seconds_ago=120, received_by=("catalog", "patrons"))
        published(seconds_ago=90, received_by=("catalog",))
        published(seconds_ago=60, received_by=("catalog",))
        after = told()
        assert after("library_consumer_pending", consumer="patrons") == 2
        assert after("library_consumer_lag_seconds", consumer="patrons") == pytest.approx(90, abs=5)
        assert after("library_consumer_lag_seconds", consumer="catalog") == 0

    def test_has_no_lag_for_what_it_passed_over_before_or_does_not_listen_to(self) -> None:
        published(seconds_ago=90)
        published(seconds_ago=60, received_by=("catalog", "patrons"))
        published(seconds_ago=30, type_="catalog.book_added.v1")
        assert told()("library_consumer_lag_seconds", consumer="patrons") == 0

    def test_tells_what_is_in_its_quarantine(self) -> None:
        for number in range(2):
            QuarantinedMessage.objects.create(
                consumer="patrons", digest=str(number), payload=b"", reason="?", arrived_at=timezone.now()
            )
        QuarantinedMessage.objects.filter(digest="0").update(replayed_at=timezone.now())
        after = told()
        assert after("library_quarantined", consumer="patrons") == 1
        assert ("library_quarantined", frozenset({("consumer", "catalog")})) in after.samples


@pytest.mark.django_db
class TestNotices:
    def test_are_told_by_state_but_for_those_that_are_done_with(self) -> None:
        for state in ("queued", "queued", "ambiguous", "failed", "accepted", "withdrawn"):
            notice(state, due_seconds_ago=30)
        after = told()
        states = {"queued": 2, "sending": 0, "ambiguous": 1, "failed": 1, "accepted": 0, "withdrawn": 0}
        assert {state: after("library_notices", state=state) for state in states} == states
        assert after("library_notices_overdue_seconds") == pytest.approx(30, abs=5)

    def test_tell_that_their_channel_is_paused(self) -> None:
        assert told()("library_mail_channel_paused") == 0
        ChannelPauseRow.objects.create(
            channel="email", until=timezone.now() + timedelta(minutes=5), reason="SendGrid answered 401"
        )
        assert told()("library_mail_channel_paused") == 1


@pytest.mark.django_db
class TestBreakers:
    def test_are_in_one_state_each(self) -> None:
        now = datetime.now(UTC)
        Breaker.objects.create(name="sendgrid", state="open", opened_at=now, changed_at=now)
        after = told()
        states = {
            state: after("library_circuit_breaker_state", breaker="sendgrid", state=state)
            for state in ("closed", "open", "half_open")
        }
        assert states == {"closed": 0, "open": 1, "half_open": 0}
        assert after("library_circuit_breaker_state", breaker="rabbitmq", state="closed") == 1


@pytest.mark.django_db
class TestScheduledJobs:
    @pytest.fixture
    def tick(self) -> Callable[[], None]:
        """One tick of the clock, as the worker carries it out."""
        assert relay_outbox.name in app.tasks
        return lambda: relay_outbox.apply(throw=True).get()

    def test_tell_when_they_last_succeeded_and_how_often_they_run(
        self, tick: Callable[[], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("library_project.periodic_tasks._next_note", {})
        tick()
        after = told()
        at = after("library_job_last_success_timestamp_seconds", job="outbox.relay")
        assert at == pytest.approx(datetime.now(UTC).timestamp(), abs=30)
        assert after("library_job_period_seconds", job="outbox.relay") == 1

    def test_write_seldom_though_they_run_each_second(
        self,
        tick: Callable[[], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("library_project.periodic_tasks._next_note", {})
        tick()
        with CaptureQueriesContext(connection) as queries:
            tick()
        assert not [query for query in queries if "jobrun" in query["sql"]]

    def test_tell_of_no_success_that_was_none(
        self, tick: Callable[[], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise RuntimeError

        monkeypatch.setattr("library_project.periodic_tasks._next_note", {})
        monkeypatch.setattr("outbox.tasks.drain_all", fail)
        with pytest.raises(RuntimeError):
            tick()
        assert not JobRun.objects.exists()


class TestLooking:
    @pytest.mark.django_db
    def test_costs_the_same_however_much_there_is(
        self, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(5):
            published(seconds_ago=number)
            notice("queued")
        with django_assert_max_num_queries(20):
            told()

    @pytest.mark.django_db
    @pytest.mark.parametrize("path", ["/metrics", "/metrics/"])
    def test_needs_no_login_and_is_never_cached(self, path: str) -> None:
        answer = Client().get(path)
        assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, True)

    def test_tells_without_the_database_that_it_is_away(self) -> None:
        after = told_by_another(DATABASE_URL="postgres://librarian:s3cret@127.0.0.1:1/library")
        assert after("library_database_up") == 0
        assert "library_outbox_pending" not in after.text
        assert "s3cret" not in after.text

    def test_tells_of_one_process_where_counts_can_not_be_shared(self) -> None:
        after = told_by_another(PROMETHEUS_MULTIPROC_DIR="/dev/null/nowhere")
        labels = {"method": "GET", "route": "/health", "status": "200"}
        assert after("library_http_requests_total", **labels) == 1


def told_by_another(**environment: str) -> Told:
    """What a process with other settings answers, once it was asked whether it is alive."""
    asked = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return Told(asked.stdout)
