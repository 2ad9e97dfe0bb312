"""A server process of our own: in its own directory, on its own ports, known to every process of a run."""

import contextlib
import dataclasses
import json
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

PATIENCE_SECONDS = 15.0
START_SCRIPT = '{ "$@" & echo $! >$0.new; mv $0.new $0.pid; wait; } >>$0.log 2>&1 &'


class Unavailable(Exception):
    """A way to get a service that does not work here; the message says why."""


def free_ports(count: int) -> list[int]:
    """Return loopback ports nobody listens on.

    They lie below the range the kernel lends to outgoing connections (32768 and up on Linux): else, while a
    broker is down, a client that keeps reconnecting may be given that very port and block the restart.
    """
    ports: list[int] = []
    while len(ports) < count:
        port = 15_000 + secrets.randbelow(15_000)
        with socket.socket() as candidate, contextlib.suppress(OSError):
            candidate.bind(("127.0.0.1", port))
            ports.append(port)
    return ports


def _always() -> bool:
    return True


def wait_until(ready: Callable[[], bool], *, seconds: float, during: Callable[[], bool] = _always) -> bool:
    """Poll until `ready`; give up after `seconds`, or at once when `during` no longer holds."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline or not during():
            return False
        time.sleep(0.02)
    return True


def _born(pid: int) -> str | None:
    """Tell a living process from a zombie, and from a later one with the same number, by its start time."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, *fields = status.rpartition(") ")[2].split()
    return None if state in "ZX" else fields[18]


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # some kernels don't tell
        return []


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Daemon:
    """One server process, described by files in `home`, so that any process of the run can handle it."""

    name: str
    home: Path
    command: list[str]
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    user: str | None = None
    stop_signal: int = signal.SIGTERM

    def save(self) -> Self:
        """Describe the process in its directory."""
        description = dataclasses.asdict(self) | {"home": str(self.home)}
        (self.home / f"{self.name}.json").write_text(json.dumps(description))
        return self

    @classmethod
    def load(cls, home: Path, name: str) -> Self:
        """Find a process that another one described."""
        description = json.loads((home / f"{name}.json").read_text())
        return cls(**description | {"home": home})

    def start(self) -> None:
        """Start it as nobody's child, deaf to the terminal's ctrl-C: it may outlive the process that asked.

        A shell stays behind to bury it: in a container whose first process doesn't, a killed PostgreSQL would
        stay a zombie, and its successor would take it for a running server and refuse to start.
        """
        pid_file = self.home / f"{self.name}.pid"
        pid_file.unlink(missing_ok=True)
        subprocess.run(
            ["sh", "-c", START_SCRIPT, self.name, *self.command],
            cwd=self.home,
            env=clean_environment() | self.environment,
            user=self.user,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            check=True,
        )
        if not wait_until(pid_file.exists, seconds=PATIENCE_SECONDS):
            raise Unavailable(f"{self.name} was not started: {self.last_words()}")
        pid = int(pid_file.read_text())
        pid_file.write_text(f"{pid} {_born(pid)}")

    @property
    def pid(self) -> int | None:
        """The process's number while it lives."""
        try:
            pid, _, born = (self.home / f"{self.name}.pid").read_text().strip().partition(" ")
        except FileNotFoundError:
            return None
        alive = _born(int(pid))
        return int(pid) if alive is not None and born in {"", alive} else None

    def is_running(self) -> bool:
        """Tell whether the process lives (frozen counts as living)."""
        return self.pid is not None

    def stop(self) -> None:
        """Ask it to stop, by force if it doesn't."""
        self.thaw()
        self._send(self.stop_signal)
        if not wait_until(lambda: not self.is_running(), seconds=PATIENCE_SECONDS):
            self.kill()

    def kill(self) -> None:
        """End it with its children at once, as a crash of its machine would."""
        if pid := self.pid:
            family = [pid, *_children(pid)]
            for member in family:
                _send(member, signal.SIGKILL)
            wait_until(lambda: not any(map(_born, family)), seconds=PATIENCE_SECONDS)

    def freeze(self) -> None:
        """Keep it and its connections, answering nothing."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen process go on."""
        self._send(signal.SIGCONT)

    def last_words(self) -> str:
        """Return the end of what it printed."""
        log = self.home / f"{self.name}.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-8:]) if log.exists() else "no output"

    def _send(self, number: int) -> None:
        if pid := self.pid:
            _send(pid, number)


def clean_environment() -> dict[str, str]:
    """Return the environment without the settings of another Erlang, RabbitMQ or PostgreSQL."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ERL_", "RABBITMQ_", "PG", "NOTIFY_SOCKET"))
    }
