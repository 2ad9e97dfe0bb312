"""Signs of life of processes that nobody can ask, because they serve no port: files under var/pulse."""

from contextlib import suppress
from time import monotonic

from django.conf import settings

#: A process leaves a sign this often, in seconds, while it gets on; a watchdog waits a minute for one.
_EVERY = 5.0
_next: dict[str, float] = {}


def heartbeat(process: str) -> None:
    """Say that this process gets on: the time of the file var/pulse/PROCESS is when it last did."""
    now = monotonic()
    if now < _next.get(process, 0.0):
        return
    _next[process] = now + _EVERY
    with suppress(OSError):  # a file that stays as old as it is, tells enough
        folder = settings.VAR_DIR / "pulse"
        folder.mkdir(exist_ok=True)  # var/ itself, once it was removed, is for nobody here to make again
        (folder / process).touch()
