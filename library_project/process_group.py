"""Processes that end with the one that started them, even if that one is killed."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Self

#: So many seconds have all of them together to stop, before they are killed.
GRACE_SECONDS = 8.0


class ProcessGroup:
    """A process group whose leader, the guard, kills the whole group once its pipe to this process breaks.

    That works where a parent-death signal doesn't exist, and reaches grandchildren.
    """

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._environment, self._folder = environment, folder
        self._started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        guard = [sys.executable, "-c", _GUARD]
        self._guard = subprocess.Popen(guard, stdin=subprocess.PIPE, process_group=0)  # noqa: S603  ours
        return self

    def __exit__(self, *_: object) -> None:
        """Ask all to stop, wait, and kill what is left."""
        living = [process for process in self._started if process.poll() is None]
        for process in living:
            process.terminate()
        give_up_at = monotonic() + GRACE_SECONDS
        for process in living:
            try:
                process.wait(max(0.0, give_up_at - monotonic()))
            except subprocess.TimeoutExpired:
                break
        with suppress(ProcessLookupError):  # the guard was killed before, and nobody is left
            os.killpg(self._guard.pid, signal.SIGKILL)
        self._guard.communicate()

    @property
    def is_guarded(self) -> bool:
        """Whether the guard lives."""
        return self._guard.poll() is None

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """Start a shell command in the group, without input."""
        process = subprocess.Popen(  # noqa: S603  the Procfile's and our own words
            ["/bin/sh", "-c", f"exec {command}"],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            process_group=self._guard.pid,
        )
        self._started.append(process)
        return process


_GUARD = """
import os, signal, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
sys.stdin.buffer.read()
os.killpg(0, signal.SIGKILL)
"""
