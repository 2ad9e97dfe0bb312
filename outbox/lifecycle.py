"""Processes that stay until they are told to stop: they end what they are about, and do so in time."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

#: A stop that takes longer is forced: what is under way commits as a whole or not at all.
GRACE_SECONDS = 8


@contextmanager
def stop_on_signal(stop: Callable[[], None]) -> Iterator[None]:
    """Have SIGTERM and ctrl-C call `stop` while the block lasts. After ctrl-C, raises KeyboardInterrupt."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stopping = interrupted = False

    def told(number: int, _frame: FrameType | None) -> None:
        nonlocal stopping, interrupted
        interrupted = number == signal.SIGINT
        if not stopping:  # told again, it gets no further grace
            stopping = True
            signal.alarm(GRACE_SECONDS)
        stop()

    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
    try:
        yield
    finally:
        signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)
    if interrupted:
        raise KeyboardInterrupt
