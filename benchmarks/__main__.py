"""`python -m benchmarks write|http|…` measures and saves the figures; `gate` only checks the limits.

The gate measures briefly, and repeats a benchmark that misses a limit: a busy machine spoils a ratio now and
then, a slower product each time.
"""

import os
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from benchmarks import report
from benchmarks.environment import Environment, ServersMissing, benchmark_environment
from benchmarks.figures import Figure
from benchmarks.rounds import InvalidMeasurement

#: Each benchmark and its time limit in seconds.
BENCHMARKS = {
    "write": 600,
    "http": 600,
    "relay": 600,
    "consumer": 600,
    "latency": 600,
    "read": 7200,
    "memory": 900,
    "connections": 600,
}
WITH_BROKER = {"relay", "consumer", "latency", "memory"}
#: What the gate measures: the figures that a busy machine changes little. `http` fills the library.
GATE = ("http", "write", "relay", "consumer")
GATE_SECONDS, GATE_ROUNDS, GATE_ATTEMPTS = 240, 3, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit with status 1 if a limit is missed, 2 if a measurement is invalid."""
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("benchmark", choices=[*BENCHMARKS, "gate"])
    parser.add_argument("--rounds", type=int, default=7, help="how often each variant is run (5 or more)")
    asked = parser.parse_args(arguments)
    is_gate = asked.benchmark == "gate"
    signal.signal(signal.SIGALRM, _timed_out)
    signal.alarm(GATE_SECONDS if is_gate else BENCHMARKS[asked.benchmark])
    try:
        broken = _run_gate() if is_gate else _measure(asked.benchmark, rounds=asked.rounds)
    except ServersMissing as absent:
        sys.stderr.write(f"nothing was measured: {absent}\n")
        return 0 if is_gate and "REQUIRE_SERVICES" not in os.environ else 2
    except InvalidMeasurement as void:
        sys.stderr.write(f"invalid: {void}\n")
        return 2
    for figure in broken:
        sys.stderr.write(f"misses its limit: {report.table_row(figure)}")
    return 1 if broken else 0


def _measure(name: str, *, rounds: int) -> list[Figure]:
    """Measure, save the figures, and return those that miss their limit."""
    with benchmark_environment(broker=name in WITH_BROKER) as environment:
        figures = _measured(name, environment, rounds=rounds)
        report.save(name, figures, servers=environment.servers, rounds=rounds)
    return _broken(figures)


def _run_gate() -> list[Figure]:
    """The figures of the gate that missed their limit at every attempt."""
    broken: list[Figure] = []
    with benchmark_environment(broker=True) as environment:
        for name in GATE:
            for _ in range(GATE_ATTEMPTS):
                measured = _measured(name, environment, rounds=GATE_ROUNDS, in_gate=True)
                failing = _broken(measured)
                if not failing:
                    break
            broken += failing
    return broken


def _broken(figures: Sequence[Figure]) -> list[Figure]:
    return [figure for figure in figures if not figure.is_within_limit]


def _measured(name: str, environment: Environment, *, rounds: int, in_gate: bool = False) -> list[Figure]:
    benchmark: Any = import_module(f"benchmarks.{name}")  # its models can only be read now
    measure = getattr(benchmark, "gate", benchmark.measure) if in_gate else benchmark.measure
    figures: list[Figure] = measure(environment, rounds=rounds)
    if in_gate:
        figures = [figure for figure in figures if figure.in_gate]
    for figure in figures:
        sys.stdout.write(report.table_row(figure))
        sys.stdout.flush()
    return figures


def _timed_out(*_: object) -> None:
    raise InvalidMeasurement("it took too long")


if __name__ == "__main__":
    sys.exit(main())
