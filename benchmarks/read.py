"""Whether lists and searches stay as fast in a large library as they are in a small one.

The large one has BENCHMARK_BOOKS books (1 000 000), the small one 10 000; each has a loan for each book and a
patron for every 20. Filling the large one takes minutes, and shows its progress.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from benchmarks.figures import Figure
from benchmarks.place import Place
from benchmarks.rounds import Spread, Void
from benchmarks.wire import Wire
from tests.system import System

SMALL: Final = 10_000
LARGE: Final = int(os.environ.get("BENCHMARK_BOOKS", "1000000"))
_ASKED: Final = 150
_DEEP: Final = 40  # pages of 100

#: What is asked for, and how many milliseconds its 99th percentile may take in a large library.
_SEARCHES: Final = {
    "two words": ("/api/v1/books?q={rare}+{common}", 5.0),
    "a rare word": ("/api/v1/books?q={rare}", 5.0),
    "a typo": ("/api/v1/books?q={typo}", 5.0),
    "a common word": ("/api/v1/books?q={common}", 25.0),
}
_LISTS: Final = {
    "first page of books": "/api/v1/books",
    "a page of books 4 000 titles on": "/api/v1/books?page_size=100",
    "books that can be borrowed": "/api/v1/books?available=true",
    "first page of loans": "/api/v1/loans",
    "overdue loans": "/api/v1/loans?overdue=true",
    "first page of patrons": "/api/v1/patrons",
}

Milliseconds = float


def measure(place: Place, *, rounds: int) -> list[Figure]:
    """Ask a small and a large library, one after the other, on PostgreSQL and on SQLite."""
    figures = []
    with TemporaryDirectory(prefix="library-read-") as folder:
        databases = {
            "PostgreSQL": [place.postgresql.create_database(name) for name in ("small", "large")],
            "SQLite": [f"sqlite:///{Path(folder) / name}.sqlite3" for name in ("small", "large")],
        }
        for name, (small, large) in databases.items():
            with _library(small, books=SMALL) as few, _library(large, books=LARGE) as many:
                figures += list(_figures(name, few, many, rounds=rounds))
    return figures


@contextmanager
def _library(database_url: str, *, books: int) -> Iterator[Wire]:
    with System(DATABASE_URL=database_url, LOG_FORMAT="json") as system:
        _fill(system, books=books)
        token = system.ask(
            "create_token", "benchmark", "--scope", "circulation:read", "--scope", "patrons:read"
        )
        system.start("web")
        wire = Wire(system.url, token=token["token"])
        yield wire
        wire.close()


def _fill(system: System, *, books: int) -> None:
    size = ("--books", str(books), "--patrons", str(books // 20), "--loans", str(books))
    for command in (("migrate", "--verbosity", "0"), ("seed_demo", *size)):
        sys.stderr.write(f"{books} books: {command[0]}\n")
        words = [".venv/bin/python", "manage.py", *command]
        settings = {**system.settings, "DATABASE_JOB_STATEMENT_TIMEOUT": "0"}
        subprocess.run(words, cwd=system.folder, env=settings, check=True, stdout=sys.stderr)


def _figures(database: str, few: Wire, many: Wire, *, rounds: int) -> Iterator[Figure]:
    for what, path in _LISTS.items():
        asked = [_deep(wire, path) if "page_size" in path else path for wire in (few, many)]
        pairs = [(_p99(few, asked[0]), _p99(many, asked[1])) for _ in range(rounds)]
        yield Figure(
            what=f"{what}, p99, {LARGE} books, {database}",
            against=f"the same of {SMALL} books",
            spread=Spread.of([large / small for small, large in pairs]),
            goal=2.0,
            limit=3.0,
            less_is_better=True,
            samples={"small": [small for small, _ in pairs], "large": [large for _, large in pairs]},
        )
    words = _words(many)
    for what, (path, goal) in _SEARCHES.items():
        found = [_p99(many, path.format(**words)) for _ in range(rounds)]
        yield Figure(
            what=f"search for {what}, p99, {LARGE} books, {database}",
            against="over HTTP, one client",
            spread=Spread.of(found),
            goal=goal,
            unit="ms",
            less_is_better=True,
            samples={"milliseconds": found},
        )


def _p99(wire: Wire, path: str) -> Milliseconds:
    taken = []
    for _ in range(_ASKED):
        begun = perf_counter()
        wire.get(path)
        taken.append((perf_counter() - begun) * 1e3)
    return quantiles(taken, n=100)[98]


def _deep(wire: Wire, path: str) -> str:
    for _ in range(_DEEP):
        following = json.loads(wire.get(path))["next"]
        if not following:
            raise Void(f"{path} has no page so far on")
        path = following.partition("/api/")[1] + following.partition("/api/")[2]
    return path


def _words(wire: Wire) -> Mapping[str, str]:
    """A word that many titles have, one that few have, and the latter mistyped."""
    titles = [book["title"] for book in json.loads(wire.get("/api/v1/books?page_size=100"))["results"]]
    longest = sorted({word for title in titles for word in title.split() if word.isalpha()}, key=len)

    def found(word: str) -> int:
        return len(json.loads(wire.get(f"/api/v1/books?q={word}&page_size=100"))["results"])

    rare = next((word for word in reversed(longest) if 0 < found(word) < 100), longest[-1])
    common = next(word for word in longest if len(word) > 3 and found(word) == 100)
    return {"rare": rare, "common": common, "typo": rare[:2] + rare[3:]}
