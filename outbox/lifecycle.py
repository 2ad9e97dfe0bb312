"""Graceful shutdown of resident processes: they finish the current batch, within a time limit."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

#: After so many seconds the process exits at once. That is safe: open transactions roll back.
GRACE_SECONDS = 8


@contextmanager
def stop_on_signal(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on SIGTERM and ctrl-C within the block. After ctrl-C, raises KeyboardInterrupt."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stopping = interrupted = False

    def on_signal(number: int, _frame: FrameType | None) -> None:
        nonlocal stopping, interrupted
        interrupted = number == signal.SIGINT
        if not stopping:  # a second signal does not extend the grace period
            stopping = True
            signal.alarm(GRACE_SECONDS)
        stop()

    previous = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    previous[signal.SIGALRM] = signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
    try:
        yield
    finally:
        signal.alarm(0)
        for number, handler in previous.items():
            signal.signal(number, handler)
    if interrupted:
        raise KeyboardInterrupt
