"""Where counts are kept: in files under var/metrics, and the sums over all processes.

prometheus_client gives each process number a file, for ever. Here processes come and go (each management
command is one), so a file belongs to a slot instead: the first that no living process holds. Whoever takes it
next goes on counting from where it stands, and the sums never fall.
"""

import fcntl
import os
from functools import cache
from pathlib import Path

import structlog
from django.conf import settings
from prometheus_client import CollectorRegistry, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

#: The variable in which prometheus_client expects the folder.
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_KINDS = ("counter", "histogram")
#: Room for some thousand series. The disk gives it at once: a write into a mapped file must not find it full.
_BYTES = 1 << 19

log = structlog.get_logger(__name__)


def kept_in_files() -> Collector:
    """Have all that is counted from now on kept in files, and tell by whom the sums are collected.

    Where the files can't be made, each process counts for itself.
    """
    folder = Path(os.environ.setdefault(_FOLDER, str(settings.VAR_DIR / "metrics")))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        values.ValueClass = values.MultiProcessValue(  # type: ignore[no-untyped-call]  # has no types
            lambda: _slot(folder, os.getpid())
        )
    except OSError as problem:
        log.warning("metrics_not_shared", problem=type(problem).__name__)
        values.ValueClass = values.MutexValue
        return CollectorRegistry()
    return MultiProcessCollector(None, str(folder))  # type: ignore[no-untyped-call]  # has no types


@cache
def _slot(folder: Path, _process: int) -> str:
    """The number of the first free slot, which is this process's from now on."""
    number = 1
    while not _taken(folder / f"{number}.lock"):
        number += 1
    for kind in _KINDS:
        _allocate(folder / f"{kind}_{number}.db")
    return str(number)


def _taken(file: Path) -> bool:
    """Lock a slot, unless another process has; the lock goes with the process, however that ends."""
    lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    return True


def _allocate(file: Path) -> None:
    if not file.exists():
        unfinished = file.with_suffix(".new")
        unfinished.write_bytes(bytes(_BYTES))
        unfinished.replace(file)
