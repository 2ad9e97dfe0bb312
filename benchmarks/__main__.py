"""`python -m benchmarks write|http|…`: measure, and keep the figures; `gate`: only see to the limits.

The gate measures shortly, and again where a limit isn't kept: a busy machine spoils a ratio now and then, a
slower product each time.
"""

import os
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from benchmarks import report
from benchmarks.figures import Figure
from benchmarks.place import Absent, Place, prepared
from benchmarks.rounds import Void

#: Each benchmark, and after how many seconds it is stopped whatever it is about.
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
#: What is measured in one process: the ratios of these hold on a busy machine, too.
GATE = ("write", "relay", "consumer")
GATE_SECONDS, GATE_ROUNDS, GATE_ATTEMPTS = 240, 3, 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 1 where a limit isn't kept, 2 where a figure is void."""
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("benchmark", choices=[*BENCHMARKS, "gate"])
    parser.add_argument("--rounds", type=int, default=7, help="how often each variant is run (5 or more)")
    asked = parser.parse_args(arguments)
    is_gate = asked.benchmark == "gate"
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(GATE_SECONDS if is_gate else BENCHMARKS[asked.benchmark])
    try:
        broken = _pass_gate() if is_gate else _measure(asked.benchmark, rounds=asked.rounds)
    except Absent as absent:
        sys.stderr.write(f"nothing was measured: {absent}\n")
        return 0 if is_gate and "REQUIRE_SERVICES" not in os.environ else 2
    except Void as void:
        sys.stderr.write(f"void: {void}\n")
        return 2
    for figure in broken:
        sys.stderr.write(f"beyond its limit: {report.line(figure)}")
    return 1 if broken else 0


def _measure(name: str, *, rounds: int) -> list[Figure]:
    """Measure, keep the figures, and tell those beyond their limit."""
    with prepared(broker=name in WITH_BROKER) as place:
        figures = _measured(name, place, rounds=rounds)
        report.keep(name, figures, servers=place.servers, rounds=rounds)
    return _broken(figures)


def _pass_gate() -> list[Figure]:
    """The figures that were beyond their limit at every attempt."""
    broken: list[Figure] = []
    with prepared(broker=True) as place:
        for name in GATE:
            for _ in range(GATE_ATTEMPTS):
                failing = _broken(_measured(name, place, rounds=GATE_ROUNDS))
                if not failing:
                    break
            broken += failing
    return broken


def _broken(figures: Sequence[Figure]) -> list[Figure]:
    return [figure for figure in figures if not figure.is_within_limit]


def _measured(name: str, place: Place, *, rounds: int) -> list[Figure]:
    benchmark: Any = import_module(f"benchmarks.{name}")  # its models can only be read now
    figures: list[Figure] = benchmark.measure(place, rounds=rounds)
    for figure in figures:
        sys.stdout.write(report.line(figure))
        sys.stdout.flush()
    return figures


def _too_long(*_: object) -> None:
    raise Void("it took too long")


if __name__ == "__main__":
    sys.exit(main())
