"""`python -m benchmarks write|http|…`: measure, and keep the figures; `gate`: only see to the limits."""

import signal
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from benchmarks import report
from benchmarks.figures import Figure
from benchmarks.place import Place, prepared
from benchmarks.rounds import Void

#: Each benchmark, and after how many seconds it is stopped whatever it is about.
BENCHMARKS = {
    "write": 600,
    "http": 600,
    "relay": 600,
    "consumer": 600,
    "latency": 600,
}
WITH_BROKER = {"relay", "consumer", "latency"}
GATE = ("write", "http", "relay", "consumer")
GATE_SECONDS, GATE_ROUNDS = 300, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 1 where a limit isn't kept, 2 where a figure is void."""
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("benchmark", choices=[*BENCHMARKS, "gate"])
    parser.add_argument("--rounds", type=int, default=7, help="how often each variant is run (5 or more)")
    asked = parser.parse_args(arguments)
    is_gate = asked.benchmark == "gate"
    names = GATE if is_gate else (asked.benchmark,)
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(GATE_SECONDS if is_gate else BENCHMARKS[asked.benchmark])
    try:
        with prepared(broker=not WITH_BROKER.isdisjoint(names)) as place:
            figures = [
                figure
                for name in names
                for figure in _measured(name, place, rounds=GATE_ROUNDS if is_gate else asked.rounds)
            ]
            if not is_gate:
                report.keep(asked.benchmark, figures, servers=place.servers, rounds=asked.rounds)
    except Void as void:
        sys.stderr.write(f"void: {void}\n")
        return 2
    broken = [figure for figure in figures if not figure.is_within_limit]
    for figure in broken:
        sys.stderr.write(f"beyond its limit: {report.line(figure)}")
    return 1 if broken else 0


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
