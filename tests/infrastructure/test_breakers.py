"""Four processes share one circuit breaker, on either database."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Self
from uuid import uuid4

import pytest

from tests.services.daemon import wait_until
from tests.services.directory import ROOT
from tests.services.postgresql import Postgres

pytestmark = pytest.mark.xdist_group("breakers of processes")

#: Longer than a process believes what it read last.
SOON = 5.0


class Worker:
    """A process that calls the service when told to."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.infrastructure.breaker_worker"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def hear(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def tell(self, order: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{order}\n")
        self.process.stdin.flush()

    def ask(self, order: str) -> str:
        self.tell(order)
        return self.hear()


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def environment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    with contextlib.ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('breakers') / 'library.sqlite3'}"
        else:
            server: Postgres = request.getfixturevalue("postgresql")
            name = f"breakers_{uuid4().hex}"
            url = server.create_database(name)
            stack.callback(server.drop_database, name)
        settings = {
            "DATABASE_URL": url,
            "CIRCUIT_BREAKER_SENDGRID_FAILURE_THRESHOLD": "3",
            "CIRCUIT_BREAKER_SENDGRID_SUCCESS_THRESHOLD": "2",
            "CIRCUIT_BREAKER_SENDGRID_TIMEOUT": "60",
        }
        environment = {**os.environ, **settings}
        migrate = [
            sys.executable,
            str(ROOT / "manage.py"),
            "migrate",
            "shared_kernel",
            "-v",
            "0",
            "--skip-checks",
        ]
        subprocess.run(migrate, env=environment, check=True)
        yield environment


@pytest.fixture(scope="module")
def running(environment: dict[str, str]) -> Iterator[list[Worker]]:
    with contextlib.ExitStack() as stack:
        yield started(4, environment, stack)


@pytest.fixture
def workers(running: list[Worker]) -> list[Worker]:
    """Four processes, and no breaker's history."""
    assert [worker.ask("forget") for worker in running] == ["done"] * 4
    return running


def started(count: int, environment: dict[str, str], stack: contextlib.ExitStack) -> list[Worker]:
    workers = [stack.enter_context(Worker(environment)) for _ in range(count)]
    assert [worker.hear() for worker in workers] == ["ready"] * count
    return workers


def all_see(workers: list[Worker], state: str) -> bool:
    return wait_until(lambda: all(worker.ask("state") == state for worker in workers), seconds=SOON)


def opened(workers: list[Worker]) -> None:
    for worker in workers[:3]:
        assert worker.ask("fail") == "ServiceFailure"
    assert all_see(workers, "open")


def half_opened(workers: list[Worker]) -> None:
    opened(workers)
    workers[0].ask("let_an_hour_pass")
    assert all_see(workers, "half_open")


def prober_among(workers: list[Worker]) -> Worker:
    """Let all call at once and return the one whose call was let through; it is still going on."""
    for worker in workers:
        worker.tell("hold")
    heard = {worker: worker.hear() for worker in workers}
    assert sorted(heard.values()) == ["BreakerOpen"] * (len(workers) - 1) + ["holding"]
    return next(worker for worker, answer in heard.items() if answer == "holding")


class TestABreakerOfFourProcesses:
    def test_opens_for_all_after_failures_of_any(self, workers: list[Worker]) -> None:
        opened(workers)
        assert [worker.ask("succeed") for worker in workers] == ["BreakerOpen"] * 4

    def test_rejects_within_five_milliseconds(self, workers: list[Worker]) -> None:
        opened(workers)
        assert float(workers[3].ask("time_open")) < 5

    def test_costs_next_to_nothing_while_closed(self, workers: list[Worker]) -> None:
        assert float(workers[0].ask("time_closed")) < 0.5

    def test_loses_no_failure_of_simultaneous_ones(
        self, workers: list[Worker], environment: dict[str, str]
    ) -> None:
        with contextlib.ExitStack() as stack:
            threshold = {"CIRCUIT_BREAKER_SENDGRID_FAILURE_THRESHOLD": "81"}
            patient = started(4, {**environment, **threshold}, stack)
            for worker in patient:
                worker.tell("fail_often")
            assert [worker.hear() for worker in patient] == ["done"] * 4
            assert patient[0].ask("failures") == "80"
            assert patient[0].ask("fail") == "ServiceFailure"
            assert all_see(patient, "open")

    def test_never_opens_because_of_what_the_service_rejects(self, workers: list[Worker]) -> None:
        for worker in workers * 3:
            assert worker.ask("be_rejected") == "Rejected"
        assert all_see(workers, "closed")

    def test_counts_failures_in_a_row_whoever_has_them(self, workers: list[Worker]) -> None:
        first = workers[0]
        for _ in range(3):
            assert [first.ask("fail"), first.ask("fail"), first.ask("succeed")] == ["ServiceFailure"] * 2 + [
                "done"
            ]
        assert all_see(workers, "closed")

    def test_lets_one_of_four_simultaneous_probes_pass_and_closes_at_the_second(
        self, workers: list[Worker]
    ) -> None:
        half_opened(workers)
        assert prober_among(workers).ask("succeed") == "done"
        assert all_see(workers, "half_open")
        assert prober_among(workers).ask("succeed") == "done"
        assert all_see(workers, "closed")
        assert [worker.ask("succeed") for worker in workers] == ["done"] * 4

    def test_opens_again_for_all_when_one_probe_fails(self, workers: list[Worker]) -> None:
        half_opened(workers)
        assert prober_among(workers).ask("fail") == "ServiceFailure"
        assert all_see(workers, "open")

    def test_lets_another_probe_pass_after_one_that_the_service_rejected(self, workers: list[Worker]) -> None:
        half_opened(workers)
        assert prober_among(workers).ask("be_rejected") == "Rejected"
        assert wait_until(lambda: all(worker.ask("succeed") == "done" for worker in workers), seconds=SOON)

    def test_gives_the_probe_of_a_killed_process_to_another(
        self, workers: list[Worker], environment: dict[str, str]
    ) -> None:
        half_opened(workers)
        with contextlib.ExitStack() as stack:
            [doomed] = started(1, environment, stack)
            assert doomed.ask("hold") == "holding"
        assert [worker.ask("succeed") for worker in workers] == ["BreakerOpen"] * 4
        workers[0].ask("let_an_hour_pass")
        assert wait_until(lambda: workers[1].ask("succeed") == "done", seconds=SOON)

    def test_locks_nobody_out_of_the_database_during_a_call(self, workers: list[Worker]) -> None:
        half_opened(workers)
        prober = prober_among(workers)
        other = next(worker for worker in workers if worker is not prober)
        assert other.ask("let_an_hour_pass") == "done"  # a write, while the call goes on
        assert prober.ask("succeed") == "done"


class TestABreakerWithoutItsDatabase:
    @pytest.mark.parametrize(
        "url", ["postgres://nobody@127.0.0.1:1/none", "sqlite:////nowhere/library.sqlite3"]
    )
    def test_lets_every_call_end_as_it_does(self, url: str) -> None:
        with contextlib.ExitStack() as stack:
            [worker] = started(1, {**os.environ, "DATABASE_URL": url, "DATABASE_POOL": "off"}, stack)
            ends = [
                worker.ask(order) for order in ("succeed", "fail", "fail", "fail", "be_rejected", "succeed")
            ]
        assert ends == ["done", "ServiceFailure", "ServiceFailure", "ServiceFailure", "Rejected", "done"]
