"""The threads in which Django answers requests: a few at a time, and those that have stepped aside."""

import asyncio
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Generic, TypeVar

from shared_kernel.resilience.bulkheads import Bulkhead, Overloaded, bulkhead_handler

T = TypeVar("T")


class Job(Generic[T]):
    """A call that waits for a place, runs in a thread, and perhaps steps aside."""

    def __init__(self, call: Callable[["Job[T]"], T], loop: asyncio.AbstractEventLoop) -> None:
        self.call = call
        self.loop = loop
        self.result: asyncio.Future[T] = loop.create_future()
        self.aside: Bulkhead | None = None

    def tell(self, value: T) -> None:
        """Give the result before the call has ended."""
        self.loop.call_soon_threadsafe(self._settle, value, None)

    def _settle(self, value: T | None, error: BaseException | None) -> None:
        if self.result.done():
            return
        if error is not None:
            self.result.set_exception(error)
        else:
            self.result.set_result(value)  # type: ignore[arg-type]  # without an error it is a T


class WorkerSlots:
    """So many calls at once. All but `run` is for the threads."""

    def __init__(self, places: int, *, aside: dict[Bulkhead, int] | None = None) -> None:
        self._free = places
        self._turns: deque[asyncio.Future[None]] = deque()
        self._jobs: SimpleQueue[Job[object]] = SimpleQueue()
        self._idle = 0  # threads that wait for a job, less the jobs on their way to them
        self._room_aside = dict(aside or {})
        self._lock = Lock()

    async def run(self, call: Callable[[Job[T]], T]) -> T:
        """Run the call once there is a place, in the order of asking."""
        loop = asyncio.get_running_loop()
        if self._free:
            self._free -= 1
        else:
            turn = loop.create_future()
            self._turns.append(turn)
            await turn
        job = Job(call, loop)
        self._start(job)
        return await job.result

    def _start(self, job: Job[T]) -> None:
        if self._idle:
            self._idle -= 1
        else:
            Thread(target=self._work, name="request", daemon=True).start()
        self._jobs.put(job)  # type: ignore[arg-type]  # the queue doesn't ask what a job results in

    def _work(self) -> None:
        while True:
            self._do(self._jobs.get())

    def _do(self, job: Job[object]) -> None:
        value, problem = None, None
        try:
            with bulkhead_handler(lambda reason: self._move_to_bulkhead(job, reason)):
                value = job.call(job)
        except BaseException as error:  # noqa: BLE001  it is raised where the result is awaited
            problem = error
        job.loop.call_soon_threadsafe(self._ended, job, value, problem)

    def _ended(self, job: Job[object], value: object, problem: BaseException | None) -> None:
        self._idle += 1
        if job.aside is None:
            self._give_place()
        else:
            with self._lock:
                self._room_aside[job.aside] += 1
        job._settle(value, problem)  # noqa: SLF001  a job and its place are one thing

    def _move_to_bulkhead(self, job: Job[object], reason: Bulkhead) -> None:
        if job.aside is not None:
            return
        with self._lock:
            if not self._room_aside.get(reason):
                raise Overloaded
            self._room_aside[reason] -= 1
        job.aside = reason
        job.loop.call_soon_threadsafe(self._give_place)

    def _give_place(self) -> None:
        while self._turns:
            turn = self._turns.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
