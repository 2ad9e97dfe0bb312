"""The library as started by `make run`, in a clean copy of the project."""

import os
import re
import subprocess
from pathlib import Path

from tests.e2e.api_client import ApiClient
from tests.services.daemon import Daemon, wait_until
from tests.system import PATIENCE_SECONDS, System, answers

_LOGIN = re.compile(r"^login (\S+) (\S+) (\S+)$", re.MULTILINE)
#: The environment is this run's: to make it anew would take a minute and prove pip.
_MAKE = ("make", "-o", ".venv/.base", "run")


class MakeRun(System):
    """A library in a terminal of its own. `preparation` is what it computed for, in seconds.

    That is until the processes were started: a clock on the wall would measure what else the machine does.
    """

    def __init__(self, **settings: str) -> None:
        """Copy the project; nothing runs yet."""
        super().__init__(**settings)
        self.settings["PATH"] = os.environ["PATH"]
        if "DATABASE_URL" not in settings:
            del self.settings["DATABASE_URL"]  # the default of settings.yaml is meant
        self._before = self._files()
        self._desk: ApiClient | None = None
        self.preparation = 0.0

    def run(self) -> None:
        """`make run`, until it answers."""
        with self.log("make").open("w") as log:
            self._make = subprocess.Popen(
                _MAKE,
                cwd=self.folder,
                env=self.settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o022,  # as most people have it
            )
        self.processes["make"] = Daemon(name="make", home=self.folder, command=list(_MAKE)).save()
        (self.folder / "make.pid").write_text(f"{self._make.pid} ")
        ready = wait_until(self._is_open, seconds=PATIENCE_SECONDS, during=lambda: self._make.poll() is None)
        assert ready, self.output()
        [supervisor] = Path(f"/proc/{self._make.pid}/task/{self._make.pid}/children").read_text().split()
        self.preparation = _seconds_of_ended_children(int(supervisor))

    def refused(self, **settings: str) -> str:
        """`make run` where it must not start: the one sentence that it says."""
        ended = subprocess.run(
            _MAKE,
            cwd=self.folder,
            env=self.settings | settings,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        said = [line for line in ended.stderr.splitlines() if not line.startswith("make: ")]
        assert ended.returncode != 0
        assert (len(said), ended.stdout) == (1, ""), ended
        return said[0]

    def press(self, number: int) -> None:
        """Send a signal as the terminal does: to everything in its foreground."""
        os.killpg(self._make.pid, number)
        self._make.wait(timeout=PATIENCE_SECONDS)

    def output(self) -> str:
        """What it printed since it was started last."""
        return self.log("make").read_text(errors="replace")

    @property
    def logins(self) -> dict[str, tuple[str, str]]:
        """The printed names and passwords, by role."""
        return {role: (username, password) for role, username, password in _LOGIN.findall(self.output())}

    @property
    def desk(self) -> ApiClient:
        """A machine at the desk, with a token that is issued once."""
        self._desk = self._desk or ApiClient.of(self)
        return self._desk

    def new_files(self) -> set[Path]:
        """What was written beside var/, the environment and Python's own caches."""
        return self._files() - self._before

    def _files(self) -> set[Path]:
        found: set[Path] = set()
        for folder, folders, files in os.walk(self.folder):
            folders[:] = [name for name in folders if name not in {"var", ".venv", "__pycache__"}]
            found.update(Path(folder).relative_to(self.folder) / name for name in files)
        return {path for path in found if path.stem != "make"}

    def _is_open(self) -> bool:
        said = self.output()
        return "open at" in said and "ready." in said and answers(f"{self.url}/health")


def _seconds_of_ended_children(pid: int) -> float:
    """What the children of a process, and theirs, have computed for, once they ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
