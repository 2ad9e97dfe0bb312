"""What docker-compose.yml starts is a library: its own commands and settings, by way of PgBouncer.

The first module that uses the running stack: it counts what happened there.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

import psycopg
import pytest

from tests.infrastructure.stack.conftest import Running
from tests.infrastructure.stack.stack import PROCESSES, Stack, eventually
from tests.services.daemon import wait_until
from tests.services.directory import ROOT

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.rabbitmq,
    pytest.mark.xdist_group("stack"),
    pytest.mark.timeout(400),
]

REQUEST = "story-of-one-borrowing"


def letters(stack: Stack) -> list[str]:
    return [file.read_text() for file in (stack.folder / "var" / "mail").glob("*.eml")]


def lines(stack: Stack, process: str, **having: object) -> list[dict[str, Any]]:
    """The lines that a process has logged with these values."""
    logged = [json.loads(line) for line in stack.log(process).read_text().splitlines()]
    return [line for line in logged if having.items() <= line.items()]


@pytest.fixture(scope="module")
def lent(running: Running) -> Callable[[], Any]:
    """A book was lent under an id that the desk chose, and the patron's letter was written."""
    desk = running.desk.under(REQUEST)
    [barcode], patron = running.desk.add_copies(title="Notes on the Engine"), running.desk.register()
    loan = desk.borrow(barcode, patron)
    assert loan.status == 201, loan.text
    eventually(
        lambda: any(patron.email in letter for letter in letters(running.stack)),
        within=30,
        instead=running.stack.logs,
    )
    return lambda: patron


@pytest.mark.usefixtures("lent")
class TestTheStack:
    def test_carries_a_borrowing_to_the_patrons_letter(self, running: Running) -> None:
        [letter] = letters(running.stack)
        assert "Notes on the Engine" in letter

    def test_logs_the_whole_way_under_one_id(self, running: Running) -> None:
        stack = running.stack
        [asked] = lines(stack, "web", correlation_id=REQUEST, event="request")
        assert (asked["method"], asked["route"], asked["status"]) == ("POST", "/api/v1/loans", 201)
        assert asked["duration_ms"] > 0
        [(event_id, payload)] = stack.rows(
            "SELECT event_id, payload FROM outbox_outboxmessage WHERE type = 'lending.book_borrowed.v1'"
        )
        assert json.loads(payload)["correlationid"] == REQUEST
        caused = {"correlation_id": REQUEST, "causation_id": str(event_id)}
        for consumer in ("consumer-catalog", "consumer-patrons"):
            [handled] = lines(stack, consumer, event="event_handled", **caused)
            assert handled["type"] == "lending.book_borrowed.v1"
        assert wait_until(lambda: bool(lines(stack, "worker", event="notice_accepted", **caused)), seconds=5)

    def test_names_nobody_in_any_line(self, running: Running, lent: Callable[[], Any]) -> None:
        patron = lent()
        for process in PROCESSES:
            text = running.stack.log(process).read_text()
            told = [part for part in (patron.name, patron.email, patron.card) if part in text]
            assert not told, process

    def test_counts_what_all_processes_do_in_one_place(self, running: Running) -> None:
        with urlopen(f"{running.stack.url}/metrics", timeout=10) as answer:
            told = answer.read().decode()
        assert 'library_commands_total{command="BorrowBook",outcome="done"} 1.0' in told  # in web
        assert 'library_relay_events_total{outcome="published"}' in told  # in relay
        assert 'library_inbox_events_total{consumer="patrons",outcome="handled"} 1.0' in told
        assert 'library_notice_sends_total{kind="loan_receipt",state="accepted"} 1.0' in told  # in worker
        assert 'library_job_last_success_timestamp_seconds{job="patrons.deliver_notices"}' in told

    @pytest.mark.parametrize("service", PROCESSES)
    def test_is_healthy_by_its_own_checks(self, running: Running, service: str) -> None:
        assert wait_until(lambda: running.stack.is_healthy(service), seconds=20)

    def test_bounds_statements_for_requests_and_for_jobs(self, running: Running) -> None:
        limits = {}
        for pool in ("library", "library_jobs"):
            url = running.pgbouncer.before(f"postgres://anywhere/{pool}")
            with psycopg.connect(url) as connection:
                limits[pool] = [
                    connection.execute(f"SHOW {name}".encode()).fetchone()
                    for name in ("statement_timeout", "lock_timeout", "synchronize_seqscans")
                ]
        assert limits == {
            "library": [("10s",), ("250ms",), ("off",)],
            "library_jobs": [("5min",), ("5s",), ("off",)],
        }

    def test_writes_below_var_alone(self, running: Running) -> None:
        folder = running.stack.folder
        beside = {
            str(file.relative_to(folder))
            for file in folder.rglob("*")
            if file.is_file() and not {"var", ".venv", "__pycache__"}.intersection(file.parts)
        }
        of_the_test = {f"{process}.{kind}" for process in PROCESSES for kind in ("json", "log", "pid")}
        assert {name for name in beside - of_the_test if not (ROOT / name).exists()} == set()
        written = {file.name for file in (folder / "var").iterdir()}
        assert written >= {"mail", "metrics", "pulse", "static"}
