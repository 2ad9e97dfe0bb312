"""`make run`: prepare the library in this folder, run the Procfile's processes and stop all of them.

Usage: python -m library_project.supervisor [--stop-with-parent]. HOST and PORT say where.
"""

import os
import signal
import sys
from pathlib import Path
from subprocess import Popen
from threading import Event

from library_project.folder_lock import FolderLock, lock_folder
from library_project.listen_address import Address, StartupError
from library_project.process_group import ProcessGroup

ROOT = Path(__file__).resolve().parent.parent
#: What is done before anything is served; it says itself why it fails.
_PREPARATION = "python manage.py seed_demo --if-empty --migrate"
_LOOK_EVERY = 0.2  # seconds


def main() -> int:
    """Serve until a signal asks to stop; return the exit status."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    try:
        address = Address.parse(os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000")
        with lock_folder(ROOT / "var", address.url) as lock, address.reserved():
            return _Supervisor(address, lock, stop).run()
    except StartupError as error:
        sys.stderr.write(f"{error}\n")
        return 1


class _Supervisor:
    """Watches the processes of one library."""

    def __init__(self, address: Address, lock: FolderLock, stop: Event) -> None:
        self._address, self._lock, self._stop = address, lock, stop
        self._parent = os.getppid() if "--stop-with-parent" in sys.argv else None
        self._is_open = False

    def run(self) -> int:
        """Prepare, serve, stop. 0 after a stop that was asked for."""
        environment = {
            **os.environ,
            "HOST": self._address.host,
            "PORT": str(self._address.port),
            "RUN_URL": self._address.url,
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
        }
        with ProcessGroup(environment, ROOT) as group:
            if failed := self._finish(group.start(_PREPARATION)):
                return failed
            if self._stop.is_set():
                return 0
            self._address.refuse_if_in_use()
            return self._watch(group, {name: group.start(command) for name, command in _procfile()})

    def _finish(self, preparation: Popen[bytes]) -> int:
        """Wait for the preparation; return its exit status, or 0 if a signal asked to stop meanwhile."""
        while preparation.poll() is None:
            if self._stop.wait(_LOOK_EVERY) or self._is_orphaned():
                return 0
        return preparation.returncode

    def _watch(self, group: ProcessGroup, processes: dict[str, Popen[bytes]]) -> int:
        while not self._stop.wait(_LOOK_EVERY) and not self._is_orphaned():
            fault = self._fault(group, processes)
            if fault:
                sys.stderr.write(f"{fault} The library is closed.\n")
                return 1
            self._tell_when_open()
        return 0

    def _fault(self, group: ProcessGroup, processes: dict[str, Popen[bytes]]) -> str:
        if not self._lock.is_in_place():
            return "The folder var/ was removed while the library was running, and all that was in it."
        for name, process in processes.items():
            if process.poll() is not None:
                return f"The process {name} ended with status {process.returncode}."
        return "" if group.is_guarded else "The process that guards the others was killed."

    def _tell_when_open(self) -> None:
        if not self._is_open and self._address.answers():
            self._is_open = True
            where = self._address.url
            sys.stdout.write(
                f"The library is open at {where}  (admin: /admin/, API: /docs); ctrl-C closes it.\n"
            )
            sys.stdout.flush()

    def _is_orphaned(self) -> bool:
        return self._parent is not None and os.getppid() != self._parent


def _procfile() -> list[tuple[str, str]]:
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    parts = [line.partition(": ") for line in lines if line.strip() and not line.startswith("#")]
    return [(name, command) for name, _, command in parts]


if __name__ == "__main__":
    sys.exit(main())
