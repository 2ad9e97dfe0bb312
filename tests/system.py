"""The library's real processes, each as an operator starts it, for tests that watch, hurt and stop them.

An installation is a copy of the project in a temporary directory, so that its var/ is its own. Its processes
see the settings that a test gives and nothing of the environment of whoever runs the tests. They end with the
test run, however that ends.
"""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Self
from urllib.request import urlopen

import psycopg

from tests.services.daemon import Daemon, free_ports, wait_until
from tests.services.directory import ROOT, ServiceDirectory

#: How long any process may take until it can be used, on a busy machine.
PATIENCE_SECONDS = 60.0
_HIDDEN_BUT_WANTED = {".env.example", ".gitignore"}

Settings = dict[str, str]


def copy_project(target: Path) -> None:
    """Copy what a fresh checkout has, and lend it this run's virtual environment.

    What was compiled goes along: dozens of installations would otherwise compile the same modules again.
    """

    def unwanted(_folder: str, names: list[str]) -> list[str]:
        hidden = [name for name in names if name.startswith(".") and name not in _HIDDEN_BUT_WANTED]
        return [*hidden, "var"]

    shutil.copytree(ROOT, target, ignore=unwanted, dirs_exist_ok=True)
    (target / ".venv").symlink_to(sys.prefix)


def processes_in(folder: Path) -> dict[int, str]:
    """The living processes whose working directory is `folder`, by number, with their command lines."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink() == folder:
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
                if command:  # a zombie has none
                    found[int(process.name)] = command
    return found


def remove(folder: Path) -> None:
    """Remove a folder at once, though processes write to it."""
    gone = folder.with_name(f"{folder.name}-removed")
    folder.rename(gone)
    shutil.rmtree(gone)


class System:
    """An installation of the library at `url`, with the processes that were started of it, by name."""

    def __init__(self, **settings: str) -> None:
        """Install it; nothing runs yet. `settings` are those of settings.yaml, by name."""
        self._home = ServiceDirectory("system")
        self.folder = self._home.path
        copy_project(self.folder)
        [port] = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        self.settings: Settings = {
            "PATH": f"{self.folder}/.venv/bin:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "DATABASE_URL": f"sqlite:///{self.folder}/var/library.sqlite3",
            **settings,
        }
        self.processes: dict[str, Daemon] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End every process, by force, and remove the installation."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(Daemon.kill, self.processes.values()))
        for pid in self.running():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._home.close()

    def manage(self, *arguments: str, **settings: str) -> str:
        """Run a management command to its end and return what it prints. Raises CalledProcessError."""
        done = subprocess.run(
            [".venv/bin/python", "manage.py", *arguments],
            cwd=self.folder,
            env=self.settings | settings,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        if done.returncode:
            words = f"{arguments[0]} ended with {done.returncode}: {done.stderr[-2000:]}"
            raise subprocess.CalledProcessError(done.returncode, words, done.stdout, done.stderr)
        return done.stdout

    def ask(self, *arguments: str) -> Any:  # any command's answer for programs
        """Run a management command and return its answer, read from JSON."""
        return json.loads(self.manage(*arguments, "--json"))

    def start(self, *names: str, **settings: str) -> None:
        """Start processes at once and wait until each can be used; `settings` are added to the system's.

        `web` and `worker` run as the Procfile says; further there are `beat`, `relay` and, for each context
        that listens, `consumer-CONTEXT`.
        """
        self.launch(*names, **settings)
        for name in names:
            self._wait_for(name)

    def launch(self, *names: str, **settings: str) -> None:
        """Start processes as `start` does, without waiting for anything."""
        for name in names:
            words = ["env", "-i", *(f"{key}={value}" for key, value in (self.settings | settings).items())]
            command = [*words, "sh", "-c", f"exec {self._command(name)}"]
            self.processes[name] = Daemon(name=name, home=self.folder, command=command).save()
            self.log(name).unlink(missing_ok=True)
            self.processes[name].start()

    def stop(self, *names: str) -> None:
        """Ask processes to stop, all at once, and wait for their end."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(Daemon.stop, (self.processes[name] for name in names)))

    def running(self) -> dict[int, str]:
        """Whatever still runs of this installation, by number, with its command line."""
        return processes_in(self.folder)

    def log(self, name: str) -> Path:
        """What a process has printed since it was started last."""
        return self.folder / f"{name}.log"

    def logs(self, *, after: Mapping[str, int] | None = None) -> str:
        """What all processes have printed, beyond the lengths that `log_lengths` gave before."""
        skipped = after or {}
        return "\n".join(
            self.log(name).read_bytes()[skipped.get(name, 0) :].decode(errors="replace")
            for name in self.processes
        )

    def log_lengths(self) -> dict[str, int]:
        """How many bytes each process has printed."""
        return {name: self.log(name).stat().st_size for name in self.processes}

    def send(self, number: int, names: Iterable[str]) -> None:
        """Send processes a signal, at once."""
        for name in names:
            if pid := self.processes[name].pid:
                os.kill(pid, number)

    def rows(self, query: str) -> list[tuple[Any, ...]]:  # whatever the query asks for
        """Look at the database past the product, as a judge of it."""
        url = self.settings["DATABASE_URL"]
        if url.startswith("sqlite"):
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)) as database:
                return list(database.execute(query))
        with psycopg.connect(url) as connection:
            return list(connection.execute(query.encode()))

    def _command(self, name: str) -> str:
        kind, _, context = name.partition("-")
        if kind in {"web", "worker"}:
            lines = (self.folder / "Procfile").read_text().splitlines()
            return next(line.partition(": ")[2] for line in lines if line.startswith(f"{kind}: "))
        return {
            "beat": "celery --quiet --app library_project.celery beat --loglevel WARNING",
            "relay": "python manage.py relay_outbox",
            "consumer": f"python manage.py consume_events {context}",
        }[kind]

    def _wait_for(self, name: str) -> None:
        process = self.processes[name]
        if not wait_until(self._readiness(name), seconds=PATIENCE_SECONDS, during=process.is_running):
            raise AssertionError(f"{name} did not start: {process.last_words()}")

    def _readiness(self, name: str) -> Callable[[], bool]:
        if name == "web":
            return lambda: answers(f"{self.url}/health")
        if name == "worker":
            return lambda: " ready." in self.log(name).read_text()
        if name.startswith("consumer"):
            return lambda: "Connected to" in self.log(name).read_text()
        # The others say nothing while all is well; what they do is waited for by whoever needs it.
        return self.processes[name].is_running


def answers(url: str) -> bool:
    """Whether a GET of this address is answered with success, within some seconds."""
    try:
        with urlopen(url, timeout=5):
            return True
    except OSError:
        return False
