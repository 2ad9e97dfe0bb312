"""Writes what was measured: all samples as JSON, and one Markdown table, which benchmarks/README.md shows."""

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
TABLE = RESULTS / "table.md"
_PACKAGES = ("django", "djangorestframework", "psycopg", "amqp", "kombu", "celery", "granian", "msgspec")
_BEGIN, _END = "<!-- measured: begin -->\n", "<!-- measured: end -->"
_HEAD = (
    "| What | Against | Median (lowest – highest) | Goal | Limit | Client CPU an operation |\n"
    "|---|---|---|---|---|---|\n"
)

Record = Mapping[str, Any]  # JSON


def save(benchmark: str, figures: Sequence[Figure], *, servers: Mapping[str, str], rounds: int) -> None:
    """Replace the saved figures of a benchmark and regenerate the table."""
    RESULTS.mkdir(exist_ok=True)
    record = {
        "benchmark": benchmark,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "rounds": rounds,
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": {**servers, **{name: version(name) for name in _PACKAGES}},
        "figures": [asdict(figure) for figure in figures],
    }
    (RESULTS / f"{benchmark}.json").write_text(json.dumps(record, indent=1) + "\n")
    records = [json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))]
    sizes = [each for each in records if each["benchmark"] == "read"]
    others = [each for each in records if each not in sizes]
    TABLE.write_text(f"{_table(others)}\n{_collapsed(sizes)}{_conditions(records)}")
    _update_readme()


def table_row(figure: Figure) -> str:
    """A figure as a row of the table."""
    shown = [_number(value, figure.unit) for value in asdict(figure.spread).values()]
    cpu = "" if figure.client_cpu is None else f"{figure.client_cpu * 1e3:.2f} ms"
    marks = [
        "" if mark is None else f"{'≤' if figure.less_is_better else '≥'} {_number(mark, figure.unit)}"
        for mark in (figure.goal, figure.limit)
    ]
    measured = f"**{shown[0]}** ({shown[1]} – {shown[2]})"
    return f"| {' | '.join([figure.what, figure.against, measured, *marks, cpu])} |\n"


def _table(records: Iterable[Record]) -> str:
    lines = [table_row(Figure.from_json(told)) for record in records for told in record["figures"]]
    return _HEAD + "".join(lines)


def _collapsed(records: Sequence[Record]) -> str:
    """A longer table, collapsed until it is clicked on."""
    if not records:
        return ""
    summary = "<summary>Lists and searches, by the size of the library</summary>"
    return f"<details>{summary}\n\n{_table(records)}\n</details>\n\n"


def _number(value: float, unit: str) -> str:
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f}{unit and ' '}{unit}"


def _conditions(records: Sequence[Record]) -> str:
    versions = {name: known for record in records for name, known in record["versions"].items()}
    loads = [record["load_average"] for record in records]
    days = sorted(record["measured_at"][:10] for record in records)
    return (
        f"Measured {' to '.join(dict.fromkeys([days[0], days[-1]]))} on {records[-1]['cores']} cores"
        f" ({records[-1]['system']}; load average {min(loads)} to {max(loads)}) with"
        f" {', '.join(f'{name} {known}' for name, known in versions.items())}.\n"
    )


def _update_readme() -> None:
    readme = ROOT / "benchmarks" / "README.md"
    before, begin, rest = readme.read_text().partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if begin and end:
        readme.write_text(f"{before}{begin}{TABLE.read_text()}{end}{after}")
