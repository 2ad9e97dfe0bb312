"""Relays and consumers as real processes, to be killed, frozen and cut off."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection

from tests.services.daemon import wait_until

ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 30.0


@dataclass
class Resident:
    """A process that stays until told to stop."""

    name: str
    popen: "subprocess.Popen[bytes]"
    log: Path

    def wait_for(self, words: str) -> None:
        """Wait until it has said these words."""
        eventually(lambda: words in self.log.read_text(errors="replace"), self.log)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to stop and return its exit status."""
        self.popen.send_signal(number)
        return self.popen.wait(timeout=10)

    def end(self) -> None:
        """End it in any case."""
        self.popen.send_signal(signal.SIGCONT)
        self.popen.kill()
        self.popen.wait()


class Processes:
    """Starts processes of the product on the test's database and on a broker."""

    def __init__(self, broker_url: str, logs: Path) -> None:
        self.broker_url = broker_url
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.fakes.ledger_settings",
            "DATABASE_URL": _test_database_url(),
            "RABBITMQ_URL": broker_url,
            "CIRCUIT_BREAKER_RABBITMQ_TIMEOUT": "0.5",
            "CIRCUIT_BREAKER_RABBITMQ_SUCCESS_THRESHOLD": "1",
            "LIBRARY_TESTING": "1",
        }
        self._logs = logs
        self._started: list[Resident] = []

    def start(self, *command: str, failpoints: str = "") -> Resident:
        """Start a command."""
        log = self._logs / f"{len(self._started)}-{command[0]}.log"
        with log.open("wb") as output:
            popen = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), *command],
                cwd=ROOT,
                env={**self._environment, "LIBRARY_FAILPOINTS": failpoints},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        resident = Resident(command[0], popen, log)
        self._started.append(resident)
        return resident

    def run_until_killed(self, *command: str, at: str) -> None:
        """Run a command that dies, as by `kill -9`, at a failpoint."""
        resident = self.start(*command, failpoints=f"{at}:kill")
        status = resident.popen.wait(timeout=PATIENCE_SECONDS)
        assert status == -signal.SIGKILL, resident.log.read_text()

    def end(self) -> None:
        """End all that were started."""
        for resident in self._started:
            resident.end()


def eventually(holds: Callable[[], Any], *logs: Path) -> None:
    """Wait until something holds; fail with what the processes said."""
    if not wait_until(lambda: bool(holds()), seconds=PATIENCE_SECONDS):
        words = "\n".join(log.read_text(errors="replace")[-3000:] for log in logs)
        raise AssertionError(f"it never came true\n{words}")


def _test_database_url() -> str:
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    password = f":{quote(settings['PASSWORD'])}" if settings["PASSWORD"] else ""
    return f"postgres://{settings['USER']}{password}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"
