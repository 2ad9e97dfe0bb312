"""The psycopg reference in as many processes and threads as the web server has."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import process_time

from benchmarks.lending import Lending
from benchmarks.psycopg_reference import PsycopgReference
from benchmarks.rounds import InvalidMeasurement

PROCESSES, THREADS = 2, 4

#: What a thread does: a method of the reference, and the argument of each call.
Calls = tuple[str, Sequence[object]]


class PsycopgProcesses:
    """Two processes of four threads, each thread with its own connection."""

    def __init__(self, database_url: str) -> None:
        spawn = get_context("spawn")  # neither Django nor its connections
        self._pipes: list[Connection] = []
        self._processes = []
        for _ in range(PROCESSES):
            here, there = spawn.Pipe()
            process = spawn.Process(target=_serve, args=(there, database_url), daemon=True)
            process.start()
            self._pipes.append(here)
            self._processes.append(process)

    def close(self) -> None:
        """End the processes."""
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join(10)

    def cpu(self) -> float:
        """The processor time of both, in seconds."""
        return sum(self._asked(("cpu", ())))

    def run(self, method: str, arguments: Sequence[object]) -> int:
        """Call a method of the reference once for each argument; return the number of calls.

        Arguments that follow each other go to the same thread. Raises InvalidMeasurement if a call fails.
        """
        return round(sum(self._asked((method, arguments))))

    def _asked(self, calls: Calls) -> list[float]:
        method, arguments = calls
        half = -(-len(arguments) // PROCESSES)
        for number, pipe in enumerate(self._pipes):
            pipe.send((method, arguments[number * half : (number + 1) * half]))
        answers = [pipe.recv() for pipe in self._pipes]
        for answer in answers:
            if isinstance(answer, str):
                raise InvalidMeasurement(answer)
        return answers


def _serve(pipe: Connection, database_url: str) -> None:
    references = [PsycopgReference(database_url) for _ in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as threads:
        while asked := pipe.recv():
            method, arguments = asked
            if method == "cpu":
                pipe.send(process_time())
                continue
            each = -(-len(arguments) // THREADS)
            shares = [arguments[first : first + each] for first in range(0, len(arguments), each)]
            calls: list[Callable[[Lending], None]] = [getattr(it, method) for it in references]
            try:
                pipe.send(sum(threads.map(_call_each, calls, shares)))
            except Exception as error:  # noqa: BLE001  whatever it is, the measurement is invalid
                pipe.send(repr(error))


def _call_each(call: Callable[[Lending], None], arguments: Sequence[Lending]) -> int:
    for argument in arguments:
        call(argument)
    return len(arguments)
