"""The directory of a service, which ends together with the process that made it, however that one ends."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.services.daemon import Daemon

ROOT = Path(__file__).parents[2]


class ServiceDirectory:
    """A temporary directory and the processes that live in it.

    A guard process waits for our word or for our death (even by SIGKILL, it reads the end of the pipe), then
    stops the processes and removes the directory. So nothing is left behind, and there is one way to end.
    """

    def __init__(self, service: str, *, owner: str | None = None) -> None:
        """Make the directory, for the operating system's user `owner` or for ourselves."""
        self.path = Path(tempfile.mkdtemp(prefix=f"library-{service}-")).resolve()
        if owner:
            shutil.chown(self.path, owner)
        self._owner_pid = os.getpid()
        self._guard = subprocess.Popen(
            [sys.executable, "-m", "tests.services.directory", str(self.path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        atexit.register(self.close)

    def close(self) -> None:
        """End what lives here and remove it. A forked child of the owner closes nothing."""
        if os.getpid() == self._owner_pid:
            self._guard.communicate(b"close\n")
            atexit.unregister(self.close)


def _guard(path: Path) -> None:
    sys.stdin.readline()
    # In the order of their names: the broker's beam before the epmd that it is registered with.
    for pid_file in sorted(path.glob("*.pid")):
        Daemon.load(path, pid_file.stem).stop()
    shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    _guard(Path(sys.argv[1]))
