"""Signs of life of processes that nobody can ask, because they serve no port: files under var/pulse."""

from contextlib import suppress
from time import monotonic

from django.conf import settings

#: A process leaves a sign this often, in seconds, while it gets on; a watchdog waits a minute for one.
_EVERY = 5.0
_next: dict[str, float] = {}


def heartbeat(process: str) -> None:
    """Record that this process is alive: touch the file var/pulse/PROCESS, at most once in a while."""
    now = monotonic()
    if now < _next.get(process, 0.0):
        return
    _next[process] = now + _EVERY
    with suppress(OSError):  # an old file is itself the alarm
        folder = settings.VAR_DIR / "pulse"
        folder.mkdir(exist_ok=True)  # not parents: a removed var/ must stay removed
        (folder / process).touch()
